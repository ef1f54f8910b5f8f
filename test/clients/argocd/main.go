// Argocd runs a Lua script as Argo CD does: in the same interpreter, with the libraries that it opens for scripts of
// argocd-cm (base, package, table, and of os only time and date), and one second for each run.
//
// The argument is the script. One JSON object a line in, the table that the script returns as JSON a line out, or
// "error: " and what went wrong, which Argo CD shows as health Unknown.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"albsp.test/clients/lines"
	lua "github.com/yuin/gopher-lua"
	luajson "layeh.com/gopher-json"
)

func main() {
	script, err := os.ReadFile(os.Args[1])
	if err != nil {
		lines.Fail(err)
	}
	lines.Answer(func(line []byte) (string, error) {
		said, err := run(string(script), line)
		if err != nil {
			return "error: " + err.Error(), nil
		}
		return said, nil
	})
}

func run(script string, object []byte) (string, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	// In this order: base and os register themselves with package.
	for _, library := range []struct {
		name string
		open lua.LGFunction
	}{
		{lua.LoadLibName, lua.OpenPackage},
		{lua.BaseLibName, lua.OpenBase},
		{lua.TabLibName, lua.OpenTable},
		{lua.OsLibName, openClock},
	} {
		state.Push(state.NewFunction(library.open))
		state.Push(lua.LString(library.name))
		state.Call(1, 0)
	}
	limit, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	state.SetContext(limit)
	value, err := luajson.Decode(state, object)
	if err != nil {
		return "", err
	}
	state.SetGlobal("obj", value)
	if err := state.DoString(script); err != nil {
		return "", err
	}
	table, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		return "", fmt.Errorf("the script returned %s, not a table", state.Get(-1).Type())
	}
	text, err := luajson.Encode(table)
	return string(text), err
}

// openClock leaves of the os library what Argo CD leaves of it, for the global and for require alike.
func openClock(state *lua.LState) int {
	lua.OpenOs(state)
	whole := state.GetGlobal(lua.OsLibName).(*lua.LTable)
	clock := state.NewTable()
	for _, name := range []string{"time", "date"} {
		clock.RawSetString(name, whole.RawGetString(name))
	}
	state.SetGlobal(lua.OsLibName, clock)
	state.SetField(state.GetField(state.GetGlobal(lua.LoadLibName), "loaded"), lua.OsLibName, clock)
	return 0
}
