package demo

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/aiqhq/aiq/internal/irt"
)

// candidate is a simulated taker: it answers right with the probability that
// the item's parameters give a person of its ability. A real person reads the
// question; the candidate has the keys from an administrator.
type candidate struct {
	theta float64
	api   client
	known map[string]item
}

type item struct {
	ID         string
	Key        string
	Options    []struct{ ID string }
	Parameters *struct{ Discrimination, Difficulty, Guessing float64 }
}

// learn reads the keys and parameters of the bank.
func learn(ctx context.Context, admin client) (map[string]item, error) {
	known := map[string]item{}
	variables := map[string]any{}
	for {
		var page struct {
			Questions struct {
				Nodes    []item
				PageInfo struct {
					HasNextPage bool
					EndCursor   *string
				}
			}
		}
		err := admin.do(ctx, `query Bank($after: String) {
  questions(filter: {servable: true}, first: 100, after: $after) {
    nodes { id key options { id } parameters { discrimination difficulty guessing } }
    pageInfo { hasNextPage endCursor }
  }
}`, variables, &page)
		if err != nil {
			return nil, fmt.Errorf("read the bank: %w", err)
		}
		for _, q := range page.Questions.Nodes {
			known[q.ID] = q
		}
		if !page.Questions.PageInfo.HasNextPage {
			return known, nil
		}
		variables["after"] = page.Questions.PageInfo.EndCursor
	}
}

// choose is the option that the candidate takes.
func (c candidate) choose(question string) (string, error) {
	q, ok := c.known[question]
	if !ok || q.Parameters == nil {
		return "", fmt.Errorf("question %s is not in the bank", question)
	}
	p := irt.ThreePL(q.Parameters.Discrimination, q.Parameters.Difficulty, q.Parameters.Guessing).P(c.theta)
	if rand.Float64() < p {
		return q.Key, nil
	}
	for {
		if o := q.Options[rand.IntN(len(q.Options))].ID; o != q.Key {
			return o, nil
		}
	}
}

// start begins a test, giving up one that an earlier demonstration left open.
func (c candidate) start(ctx context.Context) (session, question string, err error) {
	var open struct {
		Viewer struct {
			ActiveSession *struct {
				ID              string
				CurrentQuestion struct{ ID string }
			}
		}
	}
	if err := c.api.do(ctx, `query Launch { viewer { activeSession { id currentQuestion { id } } } }`, nil, &open); err != nil {
		return "", "", fmt.Errorf("look for an open test: %w", err)
	}
	if s := open.Viewer.ActiveSession; s != nil {
		return s.ID, s.CurrentQuestion.ID, nil
	}
	var data struct {
		StartTest struct {
			Session  struct{ ID string }
			Question struct{ ID string }
		}
	}
	if err := c.api.do(ctx, `mutation Start { startTest { session { id } question { id } } }`, nil, &data); err != nil {
		return "", "", fmt.Errorf("start a test: %w", err)
	}
	return data.StartTest.Session.ID, data.StartTest.Question.ID, nil
}

// take answers questions until there are no more.
func (c candidate) take(ctx context.Context, session, question string) error {
	for question != "" {
		option, err := c.choose(question)
		if err != nil {
			return err
		}
		var data struct {
			SubmitAnswer struct{ NextQuestion *struct{ ID string } }
		}
		err = c.api.do(ctx, `mutation Answer($session: ID!, $question: ID!, $option: String!) {
  submitAnswer(input: {sessionId: $session, questionId: $question, optionId: $option}) { nextQuestion { id } }
}`, map[string]any{"session": session, "question": question, "option": option}, &data)
		if err != nil {
			return fmt.Errorf("answer: %w", err)
		}
		question = ""
		if next := data.SubmitAnswer.NextQuestion; next != nil {
			question = next.ID
		}
	}
	return nil
}
