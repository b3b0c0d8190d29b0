// Package validity judges whether the answers of a completed session can be
// trusted: by how well right and wrong fit together, and by the times. The
// verdict is stored with what it rests on. An administrator may set it aside;
// the first verdict stays.
package validity

import (
	"fmt"
	"math"

	"github.com/aiqhq/aiq/internal/ctt"
	"github.com/aiqhq/aiq/internal/irt"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Session is a completed session as its judgement sees it.
type Session struct {
	Kind    vocab.SessionKind
	Answers []Answer
	// Seconds from the start to the end; nil if they are not known.
	Seconds *float64
}

// Answer is one answer, or a question that was skipped: that counts as wrong.
type Answer struct {
	Correct bool
	// Item holds the parameters by which the answer was scored; the zero value if
	// the question was not calibrated.
	Item       irt.Item
	Difficulty vocab.Difficulty
	// Administered and Right count the people before this one who were given the
	// question, and those who were right.
	Administered, Right int64
	// Times are the times that other people took.
	Times ctt.TimeSums
	// Seconds between question and answer; nil if they are not known.
	Seconds *float64
}

// Judgement is a verdict with what it rests on.
type Judgement struct {
	Verdict  vocab.Verdict
	Severity int
	// Confidence is max(0, 1 − .15·Severity).
	Confidence float64
	Evidence   vocab.Evidence
}

const (
	// minForShare is the number of people from which a question's share of right
	// answers is taken for its easiness; below, the label stands for it.
	minForShare = 30
	// minForFit is the number of calibrated answers that lz* needs: below, its
	// distribution is far from normal.
	minForFit = 5
	// formLength is the number of questions that the limits of a session's whole
	// time are made for; shorter tests may be faster in proportion.
	formLength = 25
)

// Judge weighs the evidence as ctt.Evidence does: from severity 2 on a session is
// suspect, from 4 on invalid. A session without answers is incomplete.
//
// Person fit is lz* at the mode of the posterior under N(0, 1), where at least
// five answers and at least half of all are to calibrated questions. Else it is judged by the labels in fixed forms, and not
// at all in adaptive tests. There, Guttman errors are reported and do not count
// either: questions are chosen so near to the person's ability that right and
// wrong answers mix by design.
//
// The error wraps irt.ErrItem for impossible parameters.
func Judge(s Session) (Judgement, error) {
	b := bench{Session: s}
	b.out.Answers = len(s.Answers)
	b.out.Flags = []vocab.Flag{}
	if len(s.Answers) == 0 {
		return Judgement{Verdict: vocab.Incomplete, Confidence: 1, Evidence: b.out}, nil
	}
	if err := b.personFit(); err != nil {
		return Judgement{}, err
	}
	if err := b.guttman(); err != nil {
		return Judgement{}, err
	}
	b.times()
	v := b.weighed.Judge()
	return Judgement{
		Verdict: vocab.Verdict(v.Status), Severity: v.Severity, Confidence: v.Confidence, Evidence: b.out,
	}, nil
}

// bench is where one session's evidence is laid out.
type bench struct {
	Session
	weighed ctt.Evidence
	out     vocab.Evidence
}

func (b *bench) flag(name vocab.FlagName, severity int, value, limit float64) {
	b.out.Flags = append(b.out.Flags, vocab.Flag{Name: name, Severity: severity, Value: value, Limit: limit})
}

func (b *bench) fitted(method vocab.PersonFitMethod, index float64, answers int) {
	b.out.PersonFit, b.out.PersonFitMethod, b.out.PersonFitAnswers = &index, &method, answers
}

func (b *bench) personFit() error {
	var (
		items   []irt.Item
		correct []bool
	)
	for _, a := range b.Answers {
		if a.Item.A > 0 {
			items, correct = append(items, a.Item), append(correct, a.Correct)
		}
	}
	if len(items) >= minForFit && 2*len(items) >= len(b.Answers) {
		fit, err := ctt.NewPersonFit(items, correct, ctt.MAP, irt.StandardNormal())
		if err != nil {
			return fmt.Errorf("judge the session: %w", err)
		}
		if fit.LzStar != nil {
			b.weighed.LzStar = fit.LzStar
			b.out.LZ = fit.Lz.Lz
			b.fitted(vocab.LZStar, *fit.LzStar, len(items))
			if b.weighed.Misfit() {
				b.flag(vocab.PersonMisfit, 2, *fit.LzStar, ctt.LzStarLimit)
			}
			return nil
		}
	}
	if b.Kind == vocab.Fixed {
		b.labelFit()
	}
	return nil
}

func (b *bench) labelFit() {
	counts := map[vocab.Difficulty]*ctt.LabelCount{vocab.Easy: {}, vocab.Medium: {}, vocab.Hard: {}}
	for _, a := range b.Answers {
		if c := counts[a.Difficulty]; c != nil {
			c.Answered++
			if a.Correct {
				c.Correct++
			}
		}
	}
	fit := ctt.NewLabelFit(*counts[vocab.Easy], *counts[vocab.Medium], *counts[vocab.Hard])
	if fit.Ratio == nil {
		return
	}
	b.weighed.LabelFit = fit
	b.fitted(vocab.LabelFit, *fit.Ratio, fit.Answered)
	if fit.Aberrant {
		b.flag(vocab.PersonMisfit, 2, *fit.Ratio, fit.Limit())
	}
}

func (b *bench) guttman() error {
	easiness := make([]float64, len(b.Answers))
	correct := make([]bool, len(b.Answers))
	for i, a := range b.Answers {
		easiness[i], correct[i] = a.easiness(), a.Correct
	}
	g, err := ctt.NewGuttman(easiness, correct)
	if err != nil {
		return fmt.Errorf("judge the session: %w", err)
	}
	b.out.GuttmanErrors = g.Normalized
	if b.Kind != vocab.Fixed {
		return nil
	}
	b.out.GuttmanWeighed = true
	b.weighed.Guttman = g.Level()
	switch elevated, aberrant := g.Limits(); b.weighed.Guttman {
	case ctt.AberrantFit:
		b.flag(vocab.GuttmanAberrant, 2, *g.Normalized, aberrant)
	case ctt.ElevatedFit:
		b.flag(vocab.GuttmanElevated, 1, *g.Normalized, elevated)
	case ctt.NormalFit:
	}
	return nil
}

// easiness is the share of people who are right, or what the label says of it;
// not a number where neither is known.
func (a Answer) easiness() float64 {
	if a.Administered >= minForShare {
		return float64(a.Right) / float64(a.Administered)
	}
	switch a.Difficulty {
	case vocab.Easy:
		return ctt.EasyEasiness
	case vocab.Medium:
		return ctt.MediumEasiness
	case vocab.Hard:
		return ctt.HardEasiness
	}
	return math.NaN()
}

func (b *bench) times() {
	rules := ctt.DefaultTimeRules()
	rules.TotalBelow *= min(1, float64(len(b.Answers))/formLength)
	answers := make([]ctt.AnswerTime, len(b.Answers))
	paces := make([]ctt.TimedAnswer, len(b.Answers))
	for i, a := range b.Answers {
		answers[i] = ctt.AnswerTime{Seconds: a.Seconds, Correct: a.Correct, Hard: a.Difficulty == vocab.Hard}
		paces[i].Seconds = a.Seconds
		if threshold, ok := ctt.NT10().Threshold(a.Times); ok {
			paces[i].Threshold = &threshold
		}
	}
	t := rules.Measure(answers, b.Seconds)
	b.weighed.Times, b.weighed.Effort = rules.Judge(t), ctt.NewEffort(paces)
	effort := b.weighed.Effort
	b.out.Timed, b.out.MeanSeconds, b.out.TotalSeconds = t.Timed, t.Mean, t.Total
	b.out.ResponseTimeEffort, b.out.EffortAnswers = effort.RTE, effort.Counted

	if effort.Low {
		severity := 0
		if b.weighed.EffortCounts() {
			severity = 2
		}
		b.flag(vocab.LowEffort, severity, *effort.RTE, ctt.LowEffort)
	}
	for _, f := range b.weighed.Times {
		severity := 0
		if f.Severe() {
			severity = 2
		}
		value, limit := finding(f, t, rules)
		b.flag(vocab.FlagName(f), severity, value, limit)
	}
}

// finding is what a time flag found and the limit that it passed.
func finding(f ctt.TimeFlag, t ctt.Times, r ctt.TimeRules) (value, limit float64) {
	switch f {
	case ctt.RapidAnswers:
		return float64(t.Rapid), float64(r.RapidLimit(t.Answers))
	case ctt.FastHardRight:
		return float64(t.HardRight), float64(r.MinHardRight)
	case ctt.TotalTooFast:
		return *t.Total, r.TotalBelow
	case ctt.LongPause:
		return t.Longest, r.PauseAbove
	case ctt.TotalTooSlow:
		return *t.Total, r.TotalAbove
	case ctt.Rushed:
		return *t.Mean, r.MeanBelow
	case ctt.ManyRapid:
		return share(t.Rapid, t.Timed), r.RapidShare
	case ctt.ManyLong:
		return share(t.Long, t.Timed), r.LongShare
	default: // ctt.TimesMissing
		return share(t.Answers-t.Timed, t.Answers), r.MissingShare
	}
}

func share(part, whole int) float64 { return float64(part) / float64(whole) }
