/** Runs in a thread of its own inside a copy of the source, so that its imports find the copy. Posts what was found. */
import { parentPort, workerData } from 'node:worker_threads';
import { WITNESSES } from './witnesses.ts';

parentPort?.postMessage(await WITNESSES[workerData as keyof typeof WITNESSES]());
