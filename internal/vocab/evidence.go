package vocab

// Evidence is what a verdict on a session rests on. Parts that the answers do
// not define are nil.
type Evidence struct {
	// Answers is how many questions were answered or skipped, and Timed how many
	// of the answers have a time.
	Answers int `json:"answers"`
	Timed   int `json:"timed"`

	// PersonFit is the index of person fit, by PersonFitMethod: lz* where the
	// items are calibrated, else the share of answers that the difficulty labels
	// do not lead one to expect. It is over PersonFitAnswers answers.
	PersonFit        *float64         `json:"personFit,omitempty"`
	PersonFitMethod  *PersonFitMethod `json:"personFitMethod,omitempty"`
	PersonFitAnswers int              `json:"personFitAnswers,omitempty"`
	// LZ is the index before Snijders' correction.
	LZ *float64 `json:"lz,omitempty"`

	// GuttmanErrors are a share of the most possible. GuttmanWeighed says that
	// they count: in adaptive tests they do not.
	GuttmanErrors  *float64 `json:"guttmanErrors,omitempty"`
	GuttmanWeighed bool     `json:"guttmanWeighed,omitempty"`

	// ResponseTimeEffort is the share of answers slower than rapid guessing, over
	// the EffortAnswers answers to questions that have times enough.
	ResponseTimeEffort *float64 `json:"responseTimeEffort,omitempty"`
	EffortAnswers      int      `json:"effortAnswers,omitempty"`

	// MeanSeconds is the mean time of an answer, TotalSeconds that of the session.
	MeanSeconds  *float64 `json:"meanSeconds,omitempty"`
	TotalSeconds *float64 `json:"totalSeconds,omitempty"`

	// Flags are the conspicuous parts, in the order of the words.
	Flags []Flag `json:"flags"`
}

// Flag is one conspicuous part of a session.
type Flag struct {
	Name FlagName `json:"name"`
	// Severity is what the flag adds to the session's: 0 if it is for information.
	Severity int `json:"severity"`
	// Value is what was found, and Limit what it passed; the unit is the flag's.
	Value float64 `json:"value"`
	Limit float64 `json:"limit"`
}

// PersonFitMethod says how person fit was judged.
type PersonFitMethod string

// The methods of judging person fit.
const (
	// LZStar is Snijders' lz*, at the mode of the posterior under N(0, 1).
	LZStar PersonFitMethod = "LZ_STAR"
	// LabelFit compares the share right on each difficulty label with what the
	// whole leads one to expect.
	LabelFit PersonFitMethod = "LABELS"
)

// FlagName names a conspicuous part of a session.
type FlagName string

// The flags.
const (
	PersonMisfit    FlagName = "PERSON_MISFIT"
	GuttmanAberrant FlagName = "GUTTMAN_ABERRANT"
	GuttmanElevated FlagName = "GUTTMAN_ELEVATED"
	LowEffort       FlagName = "LOW_EFFORT"
	RapidAnswers    FlagName = "RAPID_ANSWERS"
	FastHardRight   FlagName = "FAST_HARD_RIGHT"
	TotalTooFast    FlagName = "TOTAL_TOO_FAST"
	LongPause       FlagName = "LONG_PAUSE"
	TotalTooSlow    FlagName = "TOTAL_TOO_SLOW"
	Rushed          FlagName = "RUSHED"
	ManyRapid       FlagName = "MANY_RAPID"
	ManyLong        FlagName = "MANY_LONG"
	TimesMissing    FlagName = "TIMES_MISSING"
)
