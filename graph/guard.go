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

// phases are what of questions the viewer is shown. A question without a stimulus
// has one phase, so that only memory questions are looked up.
func phases(ctx context.Context, questions []*db.Question) ([]*vocab.QuestionPhase, error) {
	remembering := func(q *db.Question) *ident.Question {
		if q.Stimulus == nil || auth.From(ctx).IsAdmin() {
			return nil
		}
		return &q.ID
	}
	finished, err := present(ctx, each(questions, remembering), loader.For(ctx).StimuliFinished)
	if err != nil {
		return nil, err
	}
	out := make([]*vocab.QuestionPhase, len(questions))
	for i := range questions {
		phase := vocab.AskingPhase
		if finished[i] != nil && !*finished[i] {
			phase = vocab.StimulusPhase
		}
		out[i] = &phase
	}
	return out, nil
}

// shown gives a part of questions that is shown in one phase only, to takers; to
// administrators always.
func shown[T any](ctx context.Context, questions []*db.Question, in vocab.QuestionPhase, part func(*db.Question) T) ([]T, error) {
	if auth.From(ctx).IsAdmin() {
		return each(questions, part), nil
	}
	now, err := phases(ctx, questions)
	if err != nil {
		return nil, err
	}
	out := make([]T, len(questions))
	for i, q := range questions {
		if *now[i] == in {
			out[i] = part(q)
		}
	}
	return out, nil
}

// options are what a question offers.
func options(q *db.Question) []*vocab.Option {
	out := make([]*vocab.Option, len(q.Options))
	for i := range q.Options {
		out[i] = &q.Options[i]
	}
	return out
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
