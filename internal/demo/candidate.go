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

// question is what is put before the candidate: in the phase STIMULUS something to
// remember, else the question itself.
type question struct{ ID, Phase string }

// start begins an adaptive test, or goes on with the one that an earlier
// demonstration left open.
func (c candidate) start(ctx context.Context) (session string, first *question, err error) {
	var open struct {
		Viewer struct {
			ActiveSession *struct {
				ID              string
				CurrentQuestion *question
			}
		}
	}
	err = c.api.do(ctx, `query Launch { viewer { activeSession { id currentQuestion { id phase } } } }`, nil, &open)
	if err != nil {
		return "", nil, fmt.Errorf("look for an open test: %w", err)
	}
	if s := open.Viewer.ActiveSession; s != nil {
		return s.ID, s.CurrentQuestion, nil
	}
	var data struct {
		StartTest struct {
			Session  struct{ ID string }
			Question *question
		}
	}
	err = c.api.do(ctx, `mutation Start {
  startTest(input: {kind: ADAPTIVE}) { session { id } question { id phase } }
}`, nil, &data)
	if err != nil {
		return "", nil, fmt.Errorf("start a test: %w", err)
	}
	return data.StartTest.Session.ID, data.StartTest.Question, nil
}

// take answers questions until there are no more.
func (c candidate) take(ctx context.Context, session string, next *question) error {
	for next != nil {
		if next.Phase == "STIMULUS" {
			err := c.api.do(ctx, `mutation Remember($session: ID!, $question: ID!) {
  finishStimulus(input: {sessionId: $session, questionId: $question}) { question { text } }
}`, map[string]any{"session": session, "question": next.ID}, nil)
			if err != nil {
				return fmt.Errorf("finish the stimulus: %w", err)
			}
		}
		option, err := c.choose(next.ID)
		if err != nil {
			return err
		}
		var data struct {
			SubmitAnswer struct{ NextQuestion *question }
		}
		err = c.api.do(ctx, `mutation Answer($session: ID!, $question: ID!, $option: String!) {
  submitAnswer(input: {sessionId: $session, questionId: $question, optionId: $option}) { nextQuestion { id phase } }
}`, map[string]any{"session": session, "question": next.ID, "option": option}, &data)
		if err != nil {
			return fmt.Errorf("answer: %w", err)
		}
		next = data.SubmitAnswer.NextQuestion
	}
	return nil
}
