package demo

import (
	"context"
	"fmt"
	"io"
	"strings"

	"golang.org/x/sync/errgroup"
)

// present has the candidate take a test and shows its progress as the server
// tells it.
func present(ctx context.Context, url string, theta float64, out io.Writer) error {
	admin, err := signIn(ctx, url, adminEmail)
	if err != nil {
		return err
	}
	taker, err := signIn(ctx, url, takerEmail)
	if err != nil {
		return err
	}
	known, err := learn(ctx, admin)
	if err != nil {
		return err
	}
	c := candidate{theta: theta, api: taker, known: known}
	session, first, err := c.start(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "A simulated candidate of ability %+.2f (score %.0f) takes an adaptive test from %d questions.\n\n",
		theta, 100+15*theta, len(known))
	fmt.Fprintf(out, "  answered   theta     SE   next question\n")

	var last *result
	together, ctx := errgroup.WithContext(ctx)
	watching := make(chan struct{})
	together.Go(func() error {
		first := true
		return admin.subscribe(ctx, `subscription Watch($session: ID!) {
  sessionProgress(sessionId: $session) {
    answered maximum theta standardError
    currentQuestion { domain subType }
    result { score confidenceInterval { lower upper level } percentile theta standardError total correct
      domainScores { domain items correct } session { stopReason } }
  }
}`, map[string]any{"session": session}, func(a answer) error {
			var step progress
			if err := a.read(&step); err != nil {
				return err
			}
			step.show(out)
			last = step.SessionProgress.Result
			if first {
				first = false
				close(watching)
			}
			return nil
		})
	})
	together.Go(func() error {
		select {
		case <-watching:
		case <-ctx.Done():
			return ctx.Err()
		}
		return c.take(ctx, session, first)
	})
	if err := together.Wait(); err != nil {
		return err
	}
	if last == nil {
		return fmt.Errorf("the test ended without a result")
	}
	last.show(out)
	return nil
}

type progress struct {
	SessionProgress struct {
		Answered        int
		Theta           float64
		StandardError   float64
		CurrentQuestion *struct {
			Domain  string
			SubType *string
		}
		Result *result
	}
}

func (p progress) show(out io.Writer) {
	s := p.SessionProgress
	next := "none: the test is over"
	if q := s.CurrentQuestion; q != nil {
		next = strings.ToLower(q.Domain)
		if q.SubType != nil {
			next += ", " + strings.ReplaceAll(*q.SubType, "_", " ")
		}
	}
	fmt.Fprintf(out, "  %8d  %+6.2f   %.2f   %s\n", s.Answered, s.Theta, s.StandardError, next)
}

type result struct {
	Score, Percentile, Theta, StandardError float64
	ConfidenceInterval                      *struct{ Lower, Upper, Level float64 }
	Total, Correct                          int
	DomainScores                            []struct {
		Domain         string
		Items, Correct int
	}
	Session struct{ StopReason string }
}

func (r *result) show(out io.Writer) {
	fmt.Fprintf(out, "\nScore %.1f, ability %+.2f ± %.2f, percentile %.1f", r.Score, r.Theta, r.StandardError, r.Percentile)
	if ci := r.ConfidenceInterval; ci != nil {
		fmt.Fprintf(out, "; with %.0f %% confidence between %.1f and %.1f", 100*ci.Level, ci.Lower, ci.Upper)
	}
	fmt.Fprintf(out, ".\n%d of %d right; ended by %s.\n", r.Correct, r.Total, r.Session.StopReason)
	for _, d := range r.DomainScores {
		fmt.Fprintf(out, "  %-8s %d of %d\n", strings.ToLower(d.Domain), d.Correct, d.Items)
	}
}

// invite says where to look next.
func invite(_ context.Context, url string, out io.Writer) error {
	_, err := fmt.Fprintf(out, `
GraphiQL with three ready queries:  %s/
Administrator:  %s   Taker:  %s   Password of both:  %s
Stop with Ctrl-C.
`, url, adminEmail, takerEmail, password)
	return err
}
