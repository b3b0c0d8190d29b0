package session

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/bank"
	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/event"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store/storetest"
	"github.com/aiqhq/aiq/internal/vocab"
)

var began = time.Date(2026, time.March, 1, 9, 30, 0, 0, time.UTC)

// reporter is a service that can tell progress.
func reporter(t *testing.T, now time.Time) *Service {
	t.Helper()
	st := storetest.Open(t, storetest.Dialects()[0])
	items, err := bank.Open(t.Context(), st, cat.DefaultRules(DefaultWeights()))
	require.NoError(t, err)
	return New(st, items, event.NewHub(event.Alone{}, event.Options{}), nil, func() time.Time { return now }, DefaultPolicy(), func() int64 { return 1 })
}

// sample is a test of two answers in which a third question is open.
func sample() *db.TestSession {
	open := ident.Question(13)
	return &db.TestSession{
		ID: 1, State: vocab.InProgress, Version: 3, Maximum: 15, Answered: 2, OpenQuestionID: &open,
		PriorMean: .5, PriorSd: .8, StartedAt: began, LastActivityAt: began.Add(20 * time.Second),
		Steps: []vocab.Step{
			{Question: 11, Domain: vocab.Logic, Theta: .9, StandardError: .7, ElapsedMs: 9900},
			{Question: 12, Domain: vocab.Memory, Theta: .6, StandardError: .6, ElapsedMs: 20000},
		},
	}
}

// told is what the versions of a test differ in.
type told struct {
	version, answered, elapsed int
	state                      vocab.SessionState
	theta, se                  float64
	open                       ident.Question
}

func tell(p *Progress) told {
	out := told{p.Version, p.Answered, p.ElapsedSeconds, p.State, p.Theta, p.StandardError, 0}
	if p.OpenQuestion != nil {
		out.open = *p.OpenQuestion
	}
	return out
}

func TestProgressIsToldAgain(t *testing.T) {
	t.Parallel()
	s := reporter(t, began.Add(time.Minute))
	running := sample()
	require.Equal(t, told{1, 0, 0, vocab.InProgress, .5, .8, 11}, tell(s.progressAt(running, 1)))
	require.Equal(t, told{2, 1, 9, vocab.InProgress, .9, .7, 12}, tell(s.progressAt(running, 2)))
	require.Equal(t, told{3, 2, 20, vocab.InProgress, .6, .6, 13}, tell(s.progressAt(running, 3)))
	require.Equal(t, told{3, 2, 60, vocab.InProgress, .6, .6, 13}, tell(s.Progress(running)), "time goes on")
	for version := 1; version <= 3; version++ {
		p := s.progressAt(running, version)
		total := 0
		require.Len(t, p.PerDomain, 6)
		for i, d := range p.PerDomain {
			require.Equal(t, vocab.Domains()[i], d.Domain)
			total += d.Answered
		}
		require.Equal(t, version-1, total)
		require.GreaterOrEqual(t, p.EstimatedRemaining, 8-p.Answered)
		require.LessOrEqual(t, p.EstimatedRemaining, 15-p.Answered)
	}

	ended := began.Add(45 * time.Second)
	abandoned := sample()
	abandoned.State, abandoned.Version, abandoned.EndedAt, abandoned.OpenQuestionID = vocab.Abandoned, 4, &ended, nil
	require.Equal(t, told{2, 1, 9, vocab.InProgress, .9, .7, 12}, tell(s.progressAt(abandoned, 2)))
	require.Equal(t, told{3, 2, 20, vocab.InProgress, .6, .6, 0}, tell(s.progressAt(abandoned, 3)))
	require.Equal(t, told{4, 2, 45, vocab.Abandoned, .6, .6, 0}, tell(s.progressAt(abandoned, 4)))
	require.Zero(t, s.progressAt(abandoned, 4).EstimatedRemaining)

	completed := sample()
	completed.State, completed.EndedAt, completed.OpenQuestionID = vocab.Completed, &ended, nil
	require.Equal(t, told{3, 2, 45, vocab.Completed, .6, .6, 0}, tell(s.Progress(completed)))
}

// TestProgressNeverRunsBackwards has replicas whose clocks differ.
func TestProgressNeverRunsBackwards(t *testing.T) {
	t.Parallel()
	s := reporter(t, began.Add(-time.Minute))
	early := sample()
	early.Steps[0].ElapsedMs = -5000
	require.Zero(t, s.progressAt(early, 2).ElapsedSeconds)
	require.Zero(t, s.Progress(early).ElapsedSeconds)
}

func TestRemainingKeepsToTheRules(t *testing.T) {
	t.Parallel()
	s := reporter(t, began)
	for name, c := range map[string]struct {
		answered int
		se       float64
		want     int
	}{
		"at the start":              {0, .8, 15},
		"nothing learned":           {3, .8, 12},
		"less known than before":    {3, .9, 12},
		"the target almost reached": {9, .301, 1},
		"the target reached":        {9, .29, 1},
		"reached before the least":  {4, .2, 4},
		"at the end":                {15, .5, 0},
		// 1/.4² − 1/.8² = 4.6875 in 10 answers; 1/.3² − 1/.4² = 4.8611 are missing:
		// more than the test may have.
		"halfway": {10, .4, 5},
		// 1/.35² − 1/.8² = 6.6008 in 10 answers; 1/.3² − 1/.35² = 2.9478 are missing.
		"soon": {10, .35, 5},
	} {
		p := &Progress{Answered: c.answered, StandardError: c.se}
		require.Equal(t, c.want, s.remaining(&db.TestSession{Maximum: 15, PriorSd: .8}, p), name)
	}
}
