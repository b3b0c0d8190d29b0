package torture

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"

	"github.com/aiqhq/aiq/graph/breadth"
)

// deref is what a resolver of a non-null Go type makes of a null.
func deref[V any](v *V, err error) (V, error) {
	if v == nil {
		var zero V
		return zero, err
	}
	return *v, err
}

// each resolves a field for all objects, with an error for each that fails. A panic for one object fails it alone.
func each[O, V any](objs []O, key func(O) uint32, name string, f func(key uint32, name string) V) ([]V, error) {
	values, errs, failed := make([]V, len(objs)), make(graphql.BatchErrorList, len(objs)), false
	for i, obj := range objs {
		func() {
			defer func() {
				if r := recover(); r != nil {
					errs[i] = fmt.Errorf("recovered: %v", r)
				}
			}()
			values[i], errs[i] = deref(resolved(key(obj), name, f))
		}()
		failed = failed || errs[i] != nil
	}
	if failed {
		return values, errs
	}
	return values, nil
}

// AResolver resolves the fields of A.
type AResolver struct{}

func keyA(a *A) uint32 { return a.Key }

func eachA[V any](objs []*A, name string, f func(uint32, string) V) ([]V, error) {
	return each(objs, keyA, name, f)
}

func (AResolver) String(_ context.Context, objs []*A) ([]*string, error) {
	return eachA(objs, "string", text)
}
func (AResolver) StringN(_ context.Context, objs []*A) ([]string, error) {
	return eachA(objs, "stringN", mustText)
}
func (AResolver) Strings(_ context.Context, objs []*A) ([][]string, error) {
	return eachA(objs, "strings", list(mustText))
}
func (AResolver) Kid(_ context.Context, objs []*A) ([]*A, error)  { return eachA(objs, "kid", makeA) }
func (AResolver) KidN(_ context.Context, objs []*A) ([]*A, error) { return eachA(objs, "kidN", makeA) }
func (AResolver) Kids(_ context.Context, objs []*A) ([][]*A, error) {
	return eachA(objs, "kids", list(element(makeA)))
}
func (AResolver) KidsN(_ context.Context, objs []*A) ([][]*A, error) {
	return eachA(objs, "kidsN", list(element(makeA)))
}
func (AResolver) KidsNn(_ context.Context, objs []*A) ([][]*A, error) {
	return eachA(objs, "kidsNN", list(makeA))
}
func (AResolver) Nested(_ context.Context, objs []*A) ([][][]*A, error) {
	return eachA(objs, "nested", list(orNil(list(element(makeA)))))
}
func (AResolver) NestedN(_ context.Context, objs []*A) ([][][]*A, error) {
	return eachA(objs, "nestedN", list(list(element(makeA))))
}
func (AResolver) Nodes(_ context.Context, objs []*A) ([][]Node, error) {
	return eachA(objs, "nodes", list(makeNode))
}
func (AResolver) NodesN(_ context.Context, objs []*A) ([][]Node, error) {
	return eachA(objs, "nodesN", list(makeNode))
}
func (AResolver) Nameds(_ context.Context, objs []*A) ([][]Named, error) {
	return eachA(objs, "nameds", list(makeNamed))
}
func (AResolver) Anything(_ context.Context, objs []*A) ([]Anything, error) {
	return eachA(objs, "anything", makeAnything)
}
func (AResolver) AnythingN(_ context.Context, objs []*A) ([]Anything, error) {
	return eachA(objs, "anythingN", makeAnything)
}
func (AResolver) Anythings(_ context.Context, objs []*A) ([][][]Anything, error) {
	return eachA(objs, "anythings", list(orNil(list(makeAnything))))
}
func (AResolver) Louds(_ context.Context, objs []*A) ([][]Loud, error) {
	return eachA(objs, "louds", list(makeLoud))
}

// Echo tells its arguments.
func (AResolver) Echo(_ context.Context, objs []*A, n *int, s *string, ints []int, color *Color, input *Input, size *Size) ([]string, error) {
	told, err := json.Marshal([]any{n, s, ints, color, input, size})
	if err != nil {
		return nil, err
	}
	return eachA(objs, "echo", func(key uint32, _ string) string { return strconv.Itoa(int(key%10)) + string(told) })
}

// Page refuses every object at once when asked for more than five.
func (AResolver) Page(_ context.Context, objs []*A, first int, after *string) ([][]*A, error) {
	switch {
	case first > 7:
		panic("too many")
	case first > 5:
		return nil, errors.New("at most five")
	}
	name := "page"
	if after != nil {
		name += *after
	}
	return eachA(objs, name, func(key uint32, name string) []*A {
		out := list(makeA)(key, name)
		return out[:min(len(out), first)]
	})
}

func (AResolver) Single(_ context.Context, a *A) (*A, error) {
	return deref(resolved(a.Key, "single", makeA))
}
func (AResolver) SingleN(_ context.Context, a *A) (*A, error) {
	return deref(resolved(a.Key, "singleN", makeA))
}
func (AResolver) Singles(_ context.Context, a *A) ([]*A, error) {
	return deref(resolved(a.Key, "singles", list(makeA)))
}
func (AResolver) Guarded(_ context.Context, objs []*A) ([]*A, error) {
	return eachA(objs, "guarded", makeA)
}
func (AResolver) GuardedN(_ context.Context, objs []*A) ([]*A, error) {
	return eachA(objs, "guardedN", makeA)
}
func (AResolver) Hidden(_ context.Context, objs []*A) ([][]*A, error) {
	return eachA(objs, "hidden", list(makeA))
}
func (AResolver) Shouted(_ context.Context, objs []*A) ([]*string, error) {
	return eachA(objs, "shouted", text)
}
func (AResolver) SignedIn(_ context.Context, objs []*A) ([]*string, error) {
	return eachA(objs, "signedIn", text)
}
func (AResolver) Secret(_ context.Context, objs []*A) ([]*Secret, error) {
	return eachA(objs, "secret", makeSecret)
}

// BResolver resolves the fields of B.
type BResolver struct{}

func keyB(b *B) uint32 { return b.Key }

func (BResolver) Kid(_ context.Context, objs []*B) ([]*A, error) {
	return each(objs, keyB, "kid", makeA)
}
func (BResolver) Twins(_ context.Context, objs []*B) ([][]*B, error) {
	return each(objs, keyB, "twins", list(makeB))
}

// CResolver resolves the fields of C.
type CResolver struct{}

func keyC(c *C) uint32 { return c.Key }

func (CResolver) Kid(_ context.Context, objs []*C) ([]Node, error) {
	return each(objs, keyC, "kid", makeNode)
}
func (CResolver) Others(_ context.Context, objs []*C) ([][]Anything, error) {
	return each(objs, keyC, "others", list(makeAnything))
}

// HeldResolver resolves the fields of Held.
type HeldResolver struct{}

func (HeldResolver) Kid(_ context.Context, objs []*Held) ([]*A, error) {
	return each(objs, func(h *Held) uint32 { return h.Key }, "kid", makeA)
}

// QueryResolver resolves the root fields of queries.
type QueryResolver struct{}

func (QueryResolver) A(_ context.Context, id int) (*A, error)  { return NewA(uint32(id)), nil }
func (QueryResolver) AN(_ context.Context, id int) (*A, error) { return NewA(uint32(id)), nil }
func (QueryResolver) As(context.Context) ([]*A, error) {
	return []*A{NewA(10), NewA(12), NewA(14)}, nil
}
func (QueryResolver) Node(_ context.Context, id int) (Node, error) {
	return makeNode(uint32(id), "node"), nil
}
func (QueryResolver) Anythings(context.Context) ([]Anything, error) {
	out := make([]Anything, 6)
	for i := range out {
		out[i] = makeAnything(uint32(2*i), "anythings")
	}
	return out, nil
}
func (QueryResolver) B(context.Context) (*B, error)              { return makeB(4, "b"), nil }
func (QueryResolver) Failing(context.Context) (*A, error)        { return nil, errInjected }
func (QueryResolver) Panicking(context.Context) (*string, error) { panic("injected") }
func (QueryResolver) SignedIn(context.Context) (*string, error) {
	s := "welcome"
	return &s, nil
}
func (QueryResolver) Guarded(context.Context) (*string, error) { return nil, nil }
func (QueryResolver) Missing(context.Context) ([]*A, error)    { return nil, nil }

// MutationResolver resolves the root fields of mutations; Counter is what they change.
type MutationResolver struct{ Counter *int }

func (m MutationResolver) Bump(_ context.Context, by int) (*A, error) {
	*m.Counter += by
	return deref(resolved(uint32(*m.Counter), "bump", makeA))
}
func (m MutationResolver) BumpN(ctx context.Context, by int) (*A, error) { return m.Bump(ctx, by) }
func (m MutationResolver) Count(context.Context) (int, error)            { return *m.Counter, nil }
func (MutationResolver) Again(context.Context) (*Again, error)           { return &Again{}, nil }

// SubscriptionResolver resolves the root fields of subscriptions.
type SubscriptionResolver struct{}

func (SubscriptionResolver) Ticks(ctx context.Context, count int) (<-chan *A, error) {
	events := make(chan *A)
	go func() {
		defer close(events)
		for i := range count {
			select {
			case events <- element(makeA)(uint32(2*i), "ticks"):
			case <-ctx.Done():
				return
			}
		}
	}()
	return events, nil
}
func (SubscriptionResolver) TicksN(ctx context.Context, count int) (<-chan *A, error) {
	told := 0
	return breadth.Events(ctx, func(ctx context.Context) (*A, bool) {
		if told == count || ctx.Err() != nil {
			return nil, false
		}
		told++
		return element(makeA)(uint32(2*told-2), "ticks"), true
	}), nil
}
func (SubscriptionResolver) Refused(context.Context) (<-chan *A, error) { return nil, errInjected }

// The directives; see the schema.

// Guard fails for objects whose key mod divides, and always without an object.
func Guard(ctx context.Context, obj any, next graphql.Resolver, mod int) (any, error) {
	key := uint32(0)
	switch obj := obj.(type) {
	case *A:
		key = obj.Key
	}
	if key%uint32(mod) == 0 {
		return nil, errors.New("guarded")
	}
	return next(ctx)
}

// Hide is null for objects whose key leaves 1 when divided by 5.
func Hide(ctx context.Context, obj any, next graphql.Resolver) (any, error) {
	if a, ok := obj.(*A); ok && a.Key%5 == 1 {
		return nil, nil
	}
	return next(ctx)
}

// Shout adds an exclamation mark.
func Shout(ctx context.Context, _ any, next graphql.Resolver) (any, error) {
	v, err := next(ctx)
	if s, ok := v.(*string); ok && s != nil {
		loud := *s + "!"
		return &loud, err
	}
	return v, err
}

type signedInKey struct{}

// WithSignedIn returns a context that SignedIn lets through, counting how often.
func WithSignedIn(ctx context.Context, calls *atomic.Int64) context.Context {
	return context.WithValue(ctx, signedInKey{}, calls)
}

// SignedIn fails unless the context is from WithSignedIn.
func SignedIn(ctx context.Context, _ any, next graphql.Resolver) (any, error) {
	calls, ok := ctx.Value(signedInKey{}).(*atomic.Int64)
	if !ok {
		return nil, errors.New("not signed in")
	}
	calls.Add(1)
	return next(ctx)
}

// Positive fails for numbers below zero.
func Positive(ctx context.Context, _ any, next graphql.Resolver) (any, error) {
	v, err := next(ctx)
	if n, ok := v.(int); ok && err == nil && n < 0 {
		return nil, errors.New("negative")
	}
	return v, err
}

// Upper lets everything through.
func Upper(ctx context.Context, _ any, next graphql.Resolver) (any, error) { return next(ctx) }
