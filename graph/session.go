package graph

import (
	"context"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/graph/loader"
	"github.com/aiqhq/aiq/graph/model"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/session"
)

// withAnswers gives the sessions with the answers that they hold. A session that
// a mutation has just changed has them already, loaded ones do not.
func withAnswers(ctx context.Context, sessions []*db.TestSession) ([]*db.TestSession, error) {
	whole, err := present(ctx, each(sessions, func(t *db.TestSession) *ident.Session {
		if t.Steps != nil {
			return nil
		}
		return &t.ID
	}), loader.For(ctx).WholeSessions)
	if err != nil {
		return nil, err
	}
	for i, t := range sessions {
		if whole[i] == nil {
			whole[i] = t
		}
	}
	return whole, nil
}

// openQuestions are the questions of each session that wait for an answer.
func openQuestions(ctx context.Context, sessions []*db.TestSession) ([][]*db.Question, error) {
	open, err := loader.For(ctx).OpenOfSessions(ctx, each(sessions, sessionKey))
	if err != nil {
		return nil, err
	}
	var keys []ident.Question
	for _, responses := range open {
		for _, r := range responses {
			keys = append(keys, r.QuestionID)
		}
	}
	questions, err := loader.For(ctx).Questions(ctx, keys)
	if err != nil {
		return nil, err
	}
	out := make([][]*db.Question, len(sessions))
	for i, responses := range open {
		out[i], questions = questions[:len(responses):len(responses)], questions[len(responses):]
	}
	return out, nil
}

func startRequest(input *model.StartTestInput) session.Request {
	if input == nil {
		return session.Request{}
	}
	return session.Request{Kind: input.Kind, Key: text(input.ClientMutationID)}
}

func submittedAnswer(input *model.SubmittedAnswerInput) session.SubmittedAnswer {
	return session.SubmittedAnswer{
		Question: ident.As[ident.Question](input.QuestionID, ident.KindQuestion),
		Option:   input.OptionID,
		At:       input.AnsweredAt,
	}
}

// text is an optional argument, "" if it was not given.
func text(optional *string) string {
	if optional == nil {
		return ""
	}
	return *optional
}

// watched gives what belongs to the progress of tests: in a subscription, where
// there is one, from what all who watch the test share, and else by the loader.
func watched[T any](progress []*session.Progress, share func(*session.Shared) (*T, error), load func([]*session.Progress) ([]*T, error)) ([]*T, error) {
	if len(progress) != 1 || progress[0].Shared == nil {
		return load(progress)
	}
	one, err := share(progress[0].Shared)
	if err != nil {
		return nil, err
	}
	return []*T{one}, nil
}
