package store

import (
	"context"
	"slices"
	"sync"
)

// Statements is what has been asked of the database under one context.
type Statements struct {
	outer *Statements
	mu    sync.Mutex
	texts []string
}

type statementsKey struct{}

// WithStatements returns a context that notes every SQL statement run under it
// through a client of this package, in transactions and outside. The begin and
// the end of transactions are not statements. Contexts nest: what the inner one
// notes, the outer one notes too.
func WithStatements(ctx context.Context) (context.Context, *Statements) {
	outer, _ := ctx.Value(statementsKey{}).(*Statements)
	s := &Statements{outer: outer}
	return context.WithValue(ctx, statementsKey{}, s), s
}

// Count is the number of statements so far.
func (s *Statements) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.texts)
}

// Texts are the statements so far, in the order in which they were sent.
func (s *Statements) Texts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.texts)
}

func record(ctx context.Context, query string) {
	s, _ := ctx.Value(statementsKey{}).(*Statements)
	for ; s != nil; s = s.outer {
		s.mu.Lock()
		s.texts = append(s.texts, query)
		s.mu.Unlock()
	}
}
