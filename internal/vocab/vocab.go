// Package vocab holds the closed word lists that the database, the GraphQL
// schema and the rules share. Every value is spelled as in the GraphQL schema.
// It imports nothing, so that the data model may use it.
package vocab

import "slices"

// Domain is one of the six cognitive domains that a test covers.
type Domain string

// The domains, in the order in which reports list them.
const (
	Pattern Domain = "PATTERN"
	Logic   Domain = "LOGIC"
	Spatial Domain = "SPATIAL"
	Math    Domain = "MATH"
	Verbal  Domain = "VERBAL"
	Memory  Domain = "MEMORY"
)

// Domains lists every domain in reporting order.
func Domains() []Domain { return []Domain{Pattern, Logic, Spatial, Math, Verbal, Memory} }

// Index is the domain's place in Domains, or -1 for an unknown one.
func (d Domain) Index() int { return slices.Index(Domains(), d) }

// Values lists the words as the data model stores them.
func (Domain) Values() []string { return words(Domains()...) }

// Difficulty is the label an author gives an item before it has been calibrated.
type Difficulty string

// The difficulty labels, easiest first.
const (
	Easy   Difficulty = "EASY"
	Medium Difficulty = "MEDIUM"
	Hard   Difficulty = "HARD"
)

// Values lists the words as the data model stores them.
func (Difficulty) Values() []string { return words(Easy, Medium, Hard) }

// Quality says whether an item may be put into new tests.
type Quality string

// The quality flags of an item.
const (
	Normal      Quality = "NORMAL"
	UnderReview Quality = "UNDER_REVIEW"
	Deactivated Quality = "DEACTIVATED"
)

// Values lists the words as the data model stores them.
func (Quality) Values() []string { return words(Normal, UnderReview, Deactivated) }

// ItemModel names an item response model.
type ItemModel string

// The item response models a parameter row may belong to.
const (
	OneParameter   ItemModel = "ONE_PL"
	TwoParameter   ItemModel = "TWO_PL"
	ThreeParameter ItemModel = "THREE_PL"
)

// Values lists the words as the data model stores them.
func (ItemModel) Values() []string { return words(OneParameter, TwoParameter, ThreeParameter) }

// Role is what an account may do.
type Role string

// The roles. An administrator may do all that a taker may.
const (
	Taker   Role = "TAKER"
	Admin   Role = "ADMIN"
	Service Role = "SERVICE"
)

// Values lists the words as the data model stores them.
func (Role) Values() []string { return words(Taker, Admin, Service) }

// EducationLevel is the highest level of education that a person has completed.
type EducationLevel string

// The levels of education, lowest first.
const (
	HighSchool     EducationLevel = "HIGH_SCHOOL"
	SomeCollege    EducationLevel = "SOME_COLLEGE"
	Associate      EducationLevel = "ASSOCIATE"
	Bachelor       EducationLevel = "BACHELOR"
	Master         EducationLevel = "MASTER"
	Doctorate      EducationLevel = "DOCTORATE"
	PreferNotToSay EducationLevel = "PREFER_NOT_TO_SAY"
)

// Values lists the words as the data model stores them.
func (EducationLevel) Values() []string {
	return words(HighSchool, SomeCollege, Associate, Bachelor, Master, Doctorate, PreferNotToSay)
}

// Provider is who vouches for a person in place of a password.
type Provider string

// The providers.
const (
	Apple  Provider = "APPLE"
	Google Provider = "GOOGLE"
)

// Values lists the words as the data model stores them.
func (Provider) Values() []string { return words(Apple, Google) }

// SessionKind says how a session's questions were chosen.
type SessionKind string

// The kinds of test session.
const (
	Adaptive SessionKind = "ADAPTIVE"
	Fixed    SessionKind = "FIXED"
)

// Values lists the words as the data model stores them.
func (SessionKind) Values() []string { return words(Adaptive, Fixed) }

// SessionState is where a test session stands.
type SessionState string

// The states of a test session. All but InProgress are final.
const (
	InProgress SessionState = "IN_PROGRESS"
	Completed  SessionState = "COMPLETED"
	Abandoned  SessionState = "ABANDONED"
	Expired    SessionState = "EXPIRED"
)

// Values lists the words as the data model stores them.
func (SessionState) Values() []string { return words(InProgress, Completed, Abandoned, Expired) }

// Final reports whether no further answer can be taken.
func (s SessionState) Final() bool { return s != InProgress }

// StopReason says why an adaptive test ended.
type StopReason string

// The reasons for which an adaptive test ends, and FormEnd for a fixed form.
const (
	MaxItems      StopReason = "MAX_ITEMS"
	SEThreshold   StopReason = "SE_THRESHOLD"
	ThetaStable   StopReason = "THETA_STABLE"
	BankExhausted StopReason = "BANK_EXHAUSTED"
	FormEnd       StopReason = "FORM_END"
)

// Values lists the words as the data model stores them.
func (StopReason) Values() []string {
	return words(MaxItems, SEThreshold, ThetaStable, BankExhausted, FormEnd)
}

// QuestionPhase is what of a question its taker is shown.
type QuestionPhase string

// The phases. Questions without a stimulus have the second one only.
const (
	StimulusPhase QuestionPhase = "STIMULUS"
	AskingPhase   QuestionPhase = "QUESTION"
)

// ScoringMethod says how a score was computed.
type ScoringMethod string

// The scoring methods.
const (
	Accuracy         ScoringMethod = "ACCURACY"
	WeightedAccuracy ScoringMethod = "WEIGHTED_ACCURACY"
	EAP              ScoringMethod = "EAP"
	WLE              ScoringMethod = "WLE"
)

// Values lists the words as the data model stores them.
func (ScoringMethod) Values() []string { return words(Accuracy, WeightedAccuracy, EAP, WLE) }

// Change says how a score compares with the person's score before it.
type Change string

// The changes, by the reliable change index at 95 %.
const (
	Improved Change = "IMPROVED"
	Declined Change = "DECLINED"
	Stable   Change = "STABLE"
)

// Values lists the words as the data model stores them.
func (Change) Values() []string { return words(Improved, Declined, Stable) }

// Verdict says whether the answers of a session can be trusted.
type Verdict string

// The verdicts.
const (
	Valid      Verdict = "VALID"
	Suspect    Verdict = "SUSPECT"
	Invalid    Verdict = "INVALID"
	Incomplete Verdict = "INCOMPLETE"
)

// Values lists the words as the data model stores them.
func (Verdict) Values() []string { return words(Valid, Suspect, Invalid, Incomplete) }

// ReliabilityMeasure names a coefficient of reliability.
type ReliabilityMeasure string

// The coefficients that are kept.
const (
	CronbachAlpha ReliabilityMeasure = "CRONBACH_ALPHA"
)

// Values lists the words as the data model stores them.
func (ReliabilityMeasure) Values() []string { return words(CronbachAlpha) }

// Option is one answer that a question offers.
type Option struct {
	// ID is what an answer names; unique within the question and stable.
	ID string `json:"id"`
	// Label is what the taker reads.
	Label string `json:"label"`
}

// words turns typed constants into the strings that the data model stores.
func words[W ~string](list ...W) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return out
}
