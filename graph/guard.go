package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/graph/loader"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/vocab"
)

// requires is the directive @requires: it lets only viewers with the role pass,
// and no guests where an account is needed.
func requires(ctx context.Context, _ any, next graphql.Resolver, role vocab.Role, account bool) (any, error) {
	viewer := auth.From(ctx)
	if err := viewer.Require(role); err != nil {
		return nil, err
	}
	if account {
		if err := viewer.RequireAccount(); err != nil {
			return nil, err
		}
	}
	return next(ctx)
}

// revealed gives what only administrators may see of a question, and takers
// once they have answered it and the test is over.
func revealed(ctx context.Context, questions []*db.Question, secret func(*db.Question) *string) ([]*string, error) {
	if auth.From(ctx).IsAdmin() {
		return each(questions, secret), nil
	}
	open, err := loader.For(ctx).Revealed(ctx, each(questions, questionKey))
	if err != nil {
		return nil, err
	}
	out := make([]*string, len(questions))
	for i, q := range questions {
		if open[i] {
			out[i] = secret(q)
		}
	}
	return out, nil
}

// correctness tells whether answers are right: to takers only when the test is
// over.
func correctness(ctx context.Context, responses []*db.Response) ([]*bool, error) {
	right := func(r *db.Response) *bool { return r.IsCorrect }
	if auth.From(ctx).IsAdmin() {
		return each(responses, right), nil
	}
	sessions, err := loader.For(ctx).Sessions(ctx, each(responses, func(r *db.Response) ident.Session { return r.SessionID }))
	if err != nil {
		return nil, err
	}
	out := make([]*bool, len(responses))
	for i, r := range responses {
		if s := sessions[i]; s != nil && s.State.Final() {
			out[i] = r.IsCorrect
		}
	}
	return out, nil
}
