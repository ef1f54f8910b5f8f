// Kstatus prints what kstatus, by which Flux and kpt judge an object, says of each object on standard input.
//
// One JSON object a line in, one status a line out.
package main

import (
	"albsp.test/clients/lines"
	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func main() {
	lines.Answer(func(line []byte) (string, error) {
		object := &unstructured.Unstructured{}
		if err := object.UnmarshalJSON(line); err != nil {
			return "", err
		}
		result, err := status.Compute(object)
		if err != nil {
			return "", err
		}
		return result.Status.String(), nil
	})
}
