package session

import (
	"math"
	"time"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Progress is how far a test was at one of its versions.
type Progress struct {
	SessionID ident.Session
	Version   int
	State     vocab.SessionState
	Answered  int
	Maximum   int
	// EstimatedRemaining is about how many questions are left.
	EstimatedRemaining int
	ElapsedSeconds     int
	// RemainingSeconds are left of the time limit, 0 once it has passed; nil
	// without a limit and when the test was over.
	RemainingSeconds *int
	PerDomain        []DomainProgress
	Theta            float64
	StandardError    float64
	// OpenQuestion waited for an answer; nil when the test was over.
	OpenQuestion *ident.Question
	// Shared is what all who watch the test share of its newest version; nil
	// unless the test is watched, and for earlier versions.
	Shared *Shared
}

// DomainProgress is how many questions of a domain were answered.
type DomainProgress struct {
	Domain   vocab.Domain
	Answered int
	// Questions is how many the form has; nil for adaptive tests, whose questions
	// are not known in advance.
	Questions *int
}

// Progress is where the test stands at the moment.
func (s *Service) Progress(t *db.TestSession) *Progress {
	p := s.progressAt(t, t.Version)
	if t.EndedAt == nil {
		p.ElapsedSeconds = max(0, int(s.clock().Sub(t.StartedAt)/time.Second))
	}
	if t.EndedAt == nil && t.DueAt != nil {
		left := max(0, int(t.DueAt.Sub(s.clock())/time.Second))
		p.RemainingSeconds = &left
	}
	return p
}

// progressAt is where the test stood at a version that it has reached. The
// session row holds every answer, so each step can be told again.
func (s *Service) progressAt(t *db.TestSession, version int) *Progress {
	last := version >= t.Version
	answered := t.Answered
	if !last {
		answered = min(version-1, t.Answered)
	}
	p := &Progress{
		SessionID: t.ID, Version: version, State: vocab.InProgress,
		Answered: answered, Maximum: t.Maximum,
		Theta: t.PriorMean, StandardError: t.PriorSd,
		PerDomain: make([]DomainProgress, len(vocab.Domains())),
	}
	for i, d := range vocab.Domains() {
		p.PerDomain[i].Domain = d
	}
	if t.Composition != nil {
		for i := range p.PerDomain {
			p.PerDomain[i].Questions = new(int)
		}
		for _, cell := range t.Composition.Cells {
			*p.PerDomain[cell.Domain.Index()].Questions += cell.Questions
		}
	}
	for _, step := range t.Steps[:min(answered, len(t.Steps))] {
		p.PerDomain[step.Domain.Index()].Answered++
		p.Theta, p.StandardError = step.Theta, step.StandardError
		p.ElapsedSeconds = max(0, int(step.ElapsedMs/1000))
	}
	switch {
	case last:
		p.Version, p.State, p.OpenQuestion = t.Version, t.State, t.OpenQuestionID
		if t.EndedAt != nil {
			p.ElapsedSeconds = max(0, int(t.EndedAt.Sub(t.StartedAt)/time.Second))
		}
	case answered < len(t.Steps):
		p.OpenQuestion = &t.Steps[answered].Question
	default:
		p.OpenQuestion = t.OpenQuestionID
	}
	if !p.State.Final() {
		p.EstimatedRemaining = s.remaining(t, p)
	}
	return p
}

// remaining is how many questions of a form are left. In an adaptive test it is a
// guess: as many as it takes to reach
// the target standard error if each informs as much as those before, within the
// bounds that the rules set on the length of a test.
func (s *Service) remaining(t *db.TestSession, p *Progress) int {
	rules := s.bank.Snapshot().Engine.Rules()
	most := t.Maximum - p.Answered
	least := min(max(rules.MinItems-p.Answered, 1), most)
	if p.Answered == 0 || t.Kind == vocab.Fixed {
		return most
	}
	information := 1 / (p.StandardError * p.StandardError)
	perItem := (information - 1/(t.PriorSd*t.PriorSd)) / float64(p.Answered)
	if perItem <= 0 || rules.TargetSE <= 0 {
		return most
	}
	missing := 1/(rules.TargetSE*rules.TargetSE) - information
	return min(max(int(math.Ceil(missing/perItem)), least), most)
}
