package score

import (
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/aiqhq/aiq/internal/ctt"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Level is the confidence level of the interval around a score.
const Level = .95

// The conditions under which a reliability carries an interval.
const (
	leastSessions    = 100
	leastReliability = .60
)

// Reliability is an estimate of the reliability of the fixed forms.
type Reliability struct {
	// Value is nil if the data do not define it.
	Value *float64
	// Sessions is the number of sessions that it rests on.
	Sessions int64
}

// Precision says how exact a score is. Numbers that are not known are nil.
type Precision struct {
	Status vocab.IntervalStatus
	// SEM is the standard error of measurement on the reported scale, and Lower
	// and Upper are the bounds of the interval, held within [Floor, Top]; known if
	// the status is Sufficient.
	SEM, Lower, Upper *float64
	// Reliability is the coefficient that the status rests on; nil for abilities.
	Reliability *float64
}

// Precision is how exact the score is. An ability brings its standard error:
// the SEM is 15 SE. For a share of right answers it is 15 √(1 − reliability);
// without a reliability of .60 from 100 sessions there is none. The interval is
// the normal one of 95 %.
func (s Score) Precision(forms Reliability) Precision {
	if s.Ability != nil {
		return precise(Mean+SD*s.Ability.Theta, SD*s.Ability.SE, nil)
	}
	if forms.Value == nil || forms.Sessions < leastSessions {
		return Precision{Status: vocab.InsufficientData}
	}
	sem, ok := ctt.SEM(SD, *forms.Value)
	switch {
	case !ok:
		return Precision{Status: vocab.InsufficientData}
	case *forms.Value < leastReliability:
		return Precision{Status: vocab.BelowThreshold, Reliability: forms.Value}
	}
	return precise(s.Value, sem, forms.Value)
}

func precise(value, sem float64, reliability *float64) Precision {
	half := distuv.UnitNormal.Quantile((1+Level)/2) * sem
	lower, upper := onScale(value-half), onScale(value+half)
	return Precision{Status: vocab.Sufficient, SEM: &sem, Lower: &lower, Upper: &upper, Reliability: reliability}
}
