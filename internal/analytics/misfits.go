package analytics

import (
	"context"
	"fmt"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/itemstatistics"
	"github.com/aiqhq/aiq/ent/db/predicate"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
)

// minForReview is the number of answers from which a discrimination is acted on.
const minForReview = 50

// Misfit is a question that discriminates the wrong way: those who do well on
// the other questions get it wrong more often than those who do not.
type Misfit struct {
	Question ident.Question
	// ItemRest is its corrected item-total correlation, below 0.
	ItemRest     float64
	Administered int64
}

// Reason says why the question should be looked at.
func (m Misfit) Reason() string {
	return fmt.Sprintf("Negative discrimination: item-rest correlation %.2f over %d answers.", m.ItemRest, m.Administered)
}

// Misfits are those of the questions that discriminate negatively over 50
// answers or more. It costs one statement.
func Misfits(ctx context.Context, client *db.Client, questions []ident.Question) ([]Misfit, error) {
	rows, err := client.ItemStatistics.Query().
		Where(
			predicate.ItemStatistics(store.In(itemstatistics.FieldQuestionID, questions)),
			itemstatistics.AdministeredGTE(minForReview),
		).
		Order(db.Asc(itemstatistics.FieldQuestionID)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load item sums: %w", err)
	}
	var out []Misfit
	for _, row := range rows {
		if r, ok := itemSums(row).ItemRest(); ok && r < 0 {
			out = append(out, Misfit{row.QuestionID, r, row.Administered})
		}
	}
	return out, nil
}
