package ctt

import "slices"

// TimeFlag is something odd about the times of a session.
type TimeFlag string

const (
	// The first three speak against the result, the others are for information.

	RapidAnswers  TimeFlag = "RAPID_ANSWERS"   // several answers below 3 s
	FastHardRight TimeFlag = "FAST_HARD_RIGHT" // several hard items right below 10 s
	TotalTooFast  TimeFlag = "TOTAL_TOO_FAST"  // whole session below 300 s
	LongPause     TimeFlag = "LONG_PAUSE"      // an answer above 300 s
	TotalTooSlow  TimeFlag = "TOTAL_TOO_SLOW"  // whole session above 7,200 s
	Rushed        TimeFlag = "RUSHED"          // mean below 15 s an answer
	ManyRapid     TimeFlag = "MANY_RAPID"      // more than 20 % of the answers below 3 s
	ManyLong      TimeFlag = "MANY_LONG"       // more than 10 % above 300 s
	TimesMissing  TimeFlag = "TIMES_MISSING"   // half of the times or more not recorded
)

// Severe reports whether the flag counts against the validity of the session.
func (f TimeFlag) Severe() bool {
	return f == RapidAnswers || f == FastHardRight || f == TotalTooFast
}

// TimeRules are the limits of the flags. Times are in seconds.
type TimeRules struct {
	RapidBelow     float64
	MinRapid       int // rapid answers that raise the flag
	MinRapidShort  int // the same for fewer than 5 answers
	HardRightBelow float64
	MinHardRight   int
	PauseAbove     float64
	TotalBelow     float64
	TotalAbove     float64
	MeanBelow      float64
	RapidShare     float64
	LongShare      float64
	MissingShare   float64
}

// DefaultTimeRules are the limits named beside the flags; 3 rapid answers (2 of a short test)
// and 2 hard items right raise theirs.
func DefaultTimeRules() TimeRules {
	return TimeRules{
		RapidBelow: 3, MinRapid: 3, MinRapidShort: 2, HardRightBelow: 10, MinHardRight: 2,
		PauseAbove: 300, TotalBelow: 300, TotalAbove: 7200, MeanBelow: 15,
		RapidShare: .20, LongShare: .10, MissingShare: .50,
	}
}

// AnswerTime is one answer with its time.
type AnswerTime struct {
	Seconds *float64 // nil if not recorded; negative or not finite counts as that
	Correct bool
	Hard    bool // the item's label
}

// Times are the times of a session as its flags see them, in seconds.
type Times struct {
	Answers, Timed   int // answers, and those with a time
	Rapid, HardRight int // answers below RapidBelow; hard items right below HardRightBelow
	Long             int // answers above PauseAbove
	Longest          float64
	Mean             *float64 // over the timed answers; nil without any
	Total            *float64 // nil if it is not known
}

// Measure takes the times of a session. total is that of the whole session in seconds, nil where
// the sum of the answers' times is to stand for it (only if all are recorded).
func (r TimeRules) Measure(answers []AnswerTime, total *float64) Times {
	t := Times{Answers: len(answers)}
	var sum float64
	for _, a := range answers {
		if !usable(a.Seconds) {
			continue
		}
		seconds := *a.Seconds
		t.Timed++
		sum += seconds
		t.Longest = max(t.Longest, seconds)
		if seconds < r.RapidBelow {
			t.Rapid++
		}
		if seconds > r.PauseAbove {
			t.Long++
		}
		if a.Hard && a.Correct && seconds < r.HardRightBelow {
			t.HardRight++
		}
	}
	if t.Timed > 0 {
		mean := sum / float64(t.Timed)
		t.Mean = &mean
	}
	switch {
	case usable(total):
		t.Total = total
	case t.Timed == len(answers) && t.Timed > 0:
		t.Total = &sum
	}
	return t
}

// RapidLimit is the number of rapid answers that raises the flag in a session of so many answers.
func (r TimeRules) RapidLimit(answers int) int {
	if answers < shortTest {
		return r.MinRapidShort
	}
	return r.MinRapid
}

// Flags judges the times of a session, as Measure takes them. Shares and means are over the
// answers with a time.
func (r TimeRules) Flags(answers []AnswerTime, total *float64) []TimeFlag {
	return r.Judge(r.Measure(answers, total))
}

// Judge gives the flags that the times raise.
func (r TimeRules) Judge(t Times) []TimeFlag {
	n := float64(t.Timed)
	var flags []TimeFlag
	raise := func(f TimeFlag, when bool) {
		if when {
			flags = append(flags, f)
		}
	}
	raise(RapidAnswers, t.Rapid >= r.RapidLimit(t.Answers))
	raise(FastHardRight, t.HardRight >= r.MinHardRight)
	raise(TotalTooFast, t.Total != nil && *t.Total < r.TotalBelow)
	raise(LongPause, t.Long > 0)
	raise(TotalTooSlow, t.Total != nil && *t.Total > r.TotalAbove)
	raise(Rushed, t.Mean != nil && *t.Mean < r.MeanBelow)
	raise(ManyRapid, float64(t.Rapid) > r.RapidShare*n)
	raise(ManyLong, float64(t.Long) > r.LongShare*n)
	raise(TimesMissing, t.Answers > 0 && float64(t.Answers-t.Timed) >= r.MissingShare*float64(t.Answers))
	return flags
}

// ValidityStatus is the verdict on a completed session.
type ValidityStatus string

const (
	Valid   ValidityStatus = "VALID"
	Suspect ValidityStatus = "SUSPECT"
	Invalid ValidityStatus = "INVALID"
)

// Validity is the verdict with its weight.
type Validity struct {
	Status     ValidityStatus
	Severity   int
	Confidence float64 // max(0, 1 − .15·Severity)
}

// Evidence is what is known about how a session was taken.
type Evidence struct {
	// LzStar decides about person fit where items are calibrated: aberrant below −1.645, the 5 %
	// point of its standard normal distribution. LabelFit decides where it is nil.
	LzStar   *float64
	LabelFit LabelFit
	Guttman  FitLevel
	Times    []TimeFlag
	Effort   Effort
}

// LzStarLimit is the value of lz* below which a pattern of answers is aberrant.
const LzStarLimit = -onesided95

// Misfit reports whether the pattern of right and wrong answers is aberrant.
func (e Evidence) Misfit() bool {
	if e.LzStar != nil {
		return *e.LzStar < LzStarLimit
	}
	return e.LabelFit.Aberrant
}

// EffortCounts reports whether effort is low and the answers that make it so are not weighed as
// rapid ones already.
func (e Evidence) EffortCounts() bool {
	return e.Effort.Low && !slices.Contains(e.Times, RapidAnswers)
}

// Judge weighs the evidence: person fit 2, Guttman errors 2 if aberrant and 1 if elevated, 2 for
// each severe time flag, and 2 for low effort unless rapid answers have their flag. From 2 on a
// session is suspect, from 4 on invalid.
func (e Evidence) Judge() Validity {
	var v Validity
	if e.Misfit() {
		v.Severity += 2
	}
	if e.EffortCounts() {
		v.Severity += 2
	}
	switch e.Guttman {
	case AberrantFit:
		v.Severity += 2
	case ElevatedFit:
		v.Severity++
	}
	for _, f := range e.Times {
		if f.Severe() {
			v.Severity += 2
		}
	}
	switch {
	case v.Severity >= 4:
		v.Status = Invalid
	case v.Severity >= 2:
		v.Status = Suspect
	default:
		v.Status = Valid
	}
	v.Confidence = max(0, 1-.15*float64(v.Severity))
	return v
}
