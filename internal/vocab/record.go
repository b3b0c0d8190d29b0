package vocab

import "github.com/aiqhq/aiq/internal/ident"

// IntervalStatus says whether a score carries a confidence interval, and why
// not if it does not.
type IntervalStatus string

// The interval statuses.
const (
	// Sufficient: the score has an interval.
	Sufficient IntervalStatus = "SUFFICIENT"
	// InsufficientData: the reliability of the form is not known yet.
	InsufficientData IntervalStatus = "INSUFFICIENT_DATA"
	// BelowThreshold: the form is known to be too unreliable for an interval.
	BelowThreshold IntervalStatus = "BELOW_THRESHOLD"
)

// Values lists the words as the data model stores them.
func (IntervalStatus) Values() []string {
	return words(Sufficient, InsufficientData, BelowThreshold)
}

// Step is one answered question as the adaptive engine saw it: with the item
// parameters of that moment, so that a test can be replayed after a
// recalibration.
type Step struct {
	Question       ident.Question `json:"q"`
	Domain         Domain         `json:"d"`
	Discrimination float64        `json:"a"`
	Difficulty     float64        `json:"b"`
	Guessing       float64        `json:"c,omitempty"`
	Correct        bool           `json:"x"`
	// Option is the option chosen, and Key the right one at that moment; both are
	// empty in imported sessions.
	Option string `json:"o,omitempty"`
	Key    string `json:"k,omitempty"`
	// Theta and StandardError are the estimate after the answer, in logits.
	Theta         float64 `json:"theta"`
	StandardError float64 `json:"se"`
	// ElapsedMs is the answer's time since the start of the session.
	ElapsedMs int64 `json:"t"`
	// Revision is the engine revision by which the next question was chosen, and
	// 0 for a fixed form.
	Revision ident.EngineRevision `json:"r,omitempty"`
}

// DomainScore is how one person did in one domain of one test.
type DomainScore struct {
	Domain Domain `json:"domain"`
	// Items is how many of the domain's questions were answered or skipped.
	Items   int `json:"items"`
	Correct int `json:"correct"`
	// Accuracy is Correct/Items, rounded to three decimals.
	Accuracy float64 `json:"accuracy"`
	// Score is on the reported scale; nil where the domain is not scored.
	Score *float64 `json:"score,omitempty"`
	// StandardErrorOfMeasurement is that of Score; nil for scores by the share of
	// right answers.
	StandardErrorOfMeasurement *float64 `json:"sem,omitempty"`
}

// Composition counts the questions of a fixed form.
type Composition struct {
	// Total is how many there are, and Anchors how many of them are anchors.
	Total   int `json:"total"`
	Anchors int `json:"anchors"`
	// Cells counts them by difficulty and domain; cells without a question are
	// left out.
	Cells []CompositionCell `json:"cells"`
}

// CompositionCell counts the questions of one difficulty and one domain.
type CompositionCell struct {
	Difficulty Difficulty `json:"difficulty"`
	Domain     Domain     `json:"domain"`
	Questions  int        `json:"questions"`
}
