// Flux prints what Flux says of each object on standard input when a Kustomization has healthCheckExprs for its kind.
//
// The argument is the file of the expressions, as JSON: current, inProgress, failed. One JSON object a line in, one
// status a line out, or "error: " and what the expression could not do, which Flux takes for "not yet".
package main

import (
	"context"
	"encoding/json"
	"os"

	"albsp.test/clients/lines"
	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func main() {
	var expressions kustomize.HealthCheckExpressions
	text, err := os.ReadFile(os.Args[1])
	if err == nil {
		err = json.Unmarshal(text, &expressions)
	}
	if err != nil {
		lines.Fail(err)
	}
	evaluator, err := cel.NewStatusEvaluator(&expressions)
	if err != nil {
		lines.Fail(err)
	}
	lines.Answer(func(line []byte) (string, error) {
		object := &unstructured.Unstructured{}
		if err := object.UnmarshalJSON(line); err != nil {
			return "", err
		}
		result, err := evaluator.Evaluate(context.Background(), object)
		if err != nil {
			return "error: " + err.Error(), nil
		}
		return result.Status.String(), nil
	})
}
