/** Where a command writes; text comes with its line ends. */
export interface Output {
  stdout(text: string): void;
  stderr(text: string): void;
}
