package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// ScoreCount counts results by score: how many of a population scored within
// one bin. Percentiles and benchmarks read these counts and never the results.
type ScoreCount struct{ ent.Schema }

// Fields of the ScoreCount.
func (ScoreCount) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.String("population").MaxLen(20).Immutable().
			Comment("ALL, or an age band such as AGE_25_34."),
		field.String("measure").MaxLen(20).Immutable().
			Comment("SCORE, or a domain whose share of right answers is counted."),
		field.Int("bin").Immutable().
			Comment("The score in whole points, or the share in percent."),
		field.Int64("results").Default(0),
	}
}

// Indexes of the ScoreCount.
func (ScoreCount) Indexes() []ent.Index {
	return []ent.Index{index.Fields("population", "measure", "bin").Unique()}
}
