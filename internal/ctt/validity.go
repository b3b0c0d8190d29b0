package ctt

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

// Flags judges the times of a session. total is the time of the whole session in seconds, nil
// where the sum of the answers' times is to stand for it (only if all are recorded). Shares and
// means are over the answers with a time.
func (r TimeRules) Flags(answers []AnswerTime, total *float64) []TimeFlag {
	var timed, rapid, long, hardRight int
	var sum float64
	for _, a := range answers {
		if !usable(a.Seconds) {
			continue
		}
		t := *a.Seconds
		timed++
		sum += t
		if t < r.RapidBelow {
			rapid++
		}
		if t > r.PauseAbove {
			long++
		}
		if a.Hard && a.Correct && t < r.HardRightBelow {
			hardRight++
		}
	}
	if !usable(total) {
		if total = nil; timed == len(answers) && timed > 0 {
			total = &sum
		}
	}
	minRapid := r.MinRapid
	if len(answers) < shortTest {
		minRapid = r.MinRapidShort
	}
	n := float64(timed)
	var flags []TimeFlag
	raise := func(f TimeFlag, when bool) {
		if when {
			flags = append(flags, f)
		}
	}
	raise(RapidAnswers, rapid >= minRapid)
	raise(FastHardRight, hardRight >= r.MinHardRight)
	raise(TotalTooFast, total != nil && *total < r.TotalBelow)
	raise(LongPause, long > 0)
	raise(TotalTooSlow, total != nil && *total > r.TotalAbove)
	raise(Rushed, timed > 0 && sum/n < r.MeanBelow)
	raise(ManyRapid, float64(rapid) > r.RapidShare*n)
	raise(ManyLong, float64(long) > r.LongShare*n)
	raise(TimesMissing, len(answers) > 0 && float64(len(answers)-timed) >= r.MissingShare*float64(len(answers)))
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
}

// Judge weighs the evidence: person fit 2, Guttman errors 2 if aberrant and 1 if elevated, and 2
// for each severe time flag. From 2 on a session is suspect, from 4 on invalid.
func (e Evidence) Judge() Validity {
	var v Validity
	misfit := e.LabelFit.Aberrant
	if e.LzStar != nil {
		misfit = *e.LzStar < -onesided95
	}
	if misfit {
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
