// Package lines is how these programs are spoken to: a line in, a line out.
package lines

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// An object of the API server has at most 1.5 MiB (etcd's limit of a request).
const longest = 2 << 20

// Answer prints one line for each line of standard input. An error ends the program with code 1.
func Answer(judge func(line []byte) (string, error)) {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, longest)
	out := bufio.NewWriter(os.Stdout)
	for number := 1; in.Scan(); number++ {
		said, err := judge(in.Bytes())
		if err != nil {
			Fail(fmt.Errorf("line %d: %w", number, err))
		}
		fmt.Fprintln(out, strings.ReplaceAll(said, "\n", " "))
	}
	if err := in.Err(); err != nil {
		Fail(err)
	}
	if err := out.Flush(); err != nil {
		Fail(err)
	}
}

// Fail says why and ends the program.
func Fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
