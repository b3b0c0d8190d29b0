package breadthtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Compare returns an error unless the specification allows for both answers to come from the same values: the data must be
// equal byte for byte, and so must be the errors of each null that is there for an error of its own. Where a null came up
// from below, several errors may have been its cause, and each answer must name at least one.
func Compare(want, got *graphql.Response) error {
	if want == nil || got == nil {
		if want != got {
			return fmt.Errorf("one answer is missing")
		}
		return nil
	}
	if string(want.Data) != string(got.Data) {
		return fmt.Errorf("data differ:\nwant %s\ngot  %s", want.Data, got.Data)
	}
	var data any
	if len(got.Data) > 0 {
		if err := json.Unmarshal(got.Data, &data); err != nil {
			return fmt.Errorf("data is not JSON: %w", err)
		}
	}
	wants, gots := causes(data, want), causes(data, got)
	if w, g := slices.Sorted(maps.Keys(wants)), slices.Sorted(maps.Keys(gots)); !slices.Equal(w, g) {
		return fmt.Errorf("errors differ:\nwant %v\ngot  %v\nwant %v\ngot  %v", w, g, want.Errors, got.Errors)
	}
	for null, w := range wants {
		if g := gots[null]; w.own != "" && g.own != "" && w.own != g.own {
			return fmt.Errorf("errors at %s differ:\nwant %s\ngot  %s", null, w.own, g.own)
		} else if (w.own == "") != (g.own == "") {
			return fmt.Errorf("errors at %s differ: one has it from below", null)
		}
	}
	return nil
}

// cause is why a position is null: errors of its own, or only from below.
type cause struct{ own string }

// causes groups the errors of an answer by the null that each led to.
func causes(data any, r *graphql.Response) map[string]cause {
	all := map[string]cause{}
	for _, err := range r.Errors {
		null := nullOn(data, err.Path)
		c := all[null]
		if null == err.Path.String() {
			c.own += err.Message + "\n"
		}
		all[null] = c
	}
	return all
}

// nullOn is the path of the first null on the way to path.
func nullOn(data any, path ast.Path) string {
	for i, element := range path {
		switch element := element.(type) {
		case ast.PathName:
			object, ok := data.(map[string]any)
			if !ok {
				return path[:i].String()
			}
			data = object[string(element)]
		case ast.PathIndex:
			list, ok := data.([]any)
			if !ok || int(element) >= len(list) {
				return path[:i].String()
			}
			data = list[element]
		}
	}
	if data != nil {
		return "not null: " + strings.TrimSpace(path.String())
	}
	return path.String()
}
