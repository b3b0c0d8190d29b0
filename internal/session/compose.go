package session

import (
	"context"
	stdsql "database/sql"
	"fmt"
	"math"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/form"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
)

// startFixed composes a form of questions that the person has not met, and serves
// them all.
func (s *Service) startFixed(ctx context.Context, tx *store.Tx, viewer auth.Viewer, create *db.TestSessionCreate) (*db.TestSession, error) {
	seed, blueprint := s.seed(), s.policy.Offer.blueprint()
	available, err := candidates(ctx, tx, s.store.Dialect(), viewer.ID(), seed, blueprint.Total)
	if err != nil {
		return nil, fmt.Errorf("find questions for a form: %w", err)
	}
	composed := form.Compose(available, blueprint, seed)
	if len(composed.Questions) == 0 {
		return nil, noneLeft()
	}
	asked := blueprint.Plan()
	started, err := create.SetSeed(seed).SetMaximum(len(composed.Questions)).SetSeen([]ident.Question{}).
		SetBlueprint(&asked).SetComposition(&composed.Achieved).
		SetOpenQuestionID(composed.Questions[0].Question).
		Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("save the test: %w", err)
	}
	rows := make([]*db.ResponseCreate, len(composed.Questions))
	for i, q := range composed.Questions {
		rows[i] = tx.Response.Create().
			SetSessionID(started.ID).SetUserID(started.UserID).SetQuestionID(q.Question).
			SetPosition(i + 1).SetServedAt(started.StartedAt)
	}
	if err := tx.Response.CreateBulk(rows...).Exec(ctx); err != nil {
		return nil, fmt.Errorf("serve the form: %w", err)
	}
	return started, nil
}

// fromAdministered is the number of answers from which a question's item-rest
// correlation says more about it than its parameters.
const fromAdministered = 30

// tiePrime is a prime above 10^6: multiplication modulo it shuffles ids.
const tiePrime = 1_000_003

// candidates are the best questions of each difficulty and domain that the person
// has not met, so many of each, and the best anchor of each domain.
//
// A question discriminates as its item-rest correlation says, from 30 answers on.
// Before, its discrimination parameter a says what to expect of one of medium
// difficulty: the biserial correlation a/√(a² + 1.702²) (Lord & Novick 1968, §16.10)
// times φ(0)/½ = .798. Questions with neither come last. All is compared as the
// square with the sign kept, which needs no square root. Equal questions come in
// an order that the seed draws, so that a bank without statistics wears evenly.
func candidates(ctx context.Context, tx *store.Tx, dialect string, user ident.User, seed int64, ofEach int) ([]form.Candidate, error) {
	multiplier := int64(1 + uint64(seed)%(tiePrime-1))
	var b sql.Builder
	b.SetDialect(dialect)
	b.WriteString(`WITH sums AS (
  SELECT question_id,
    CAST(administered - alone AS DOUBLE PRECISION) AS n,
    CAST(correct - correct_alone AS DOUBLE PRECISION) AS x,
    CAST(rest_sum AS DOUBLE PRECISION) AS r,
    CAST(rest_square_sum AS DOUBLE PRECISION) AS rr,
    CAST(correct_rest_sum AS DOUBLE PRECISION) AS xr
  FROM item_statistics WHERE administered >= `).Arg(fromAdministered).WriteString(`
), correlations AS (
  SELECT question_id, (n * xr - x * r) * abs(n * xr - x * r) / ((n * x - x * x) * (n * rr - r * r)) AS power
  FROM sums WHERE n * x > x * x AND n * rr > r * r
), fresh AS (
  SELECT q.id, q.domain, q.difficulty, q.anchor,
    COALESCE(c.power, p.discrimination * p.discrimination / (p.discrimination * p.discrimination + 2.897) * .637) AS power,
    (q.id % `).Arg(tiePrime).WriteString(`) * `).Arg(multiplier).WriteString(` % `).Arg(tiePrime).WriteString(` AS tie
  FROM questions q
  LEFT JOIN correlations c ON c.question_id = q.id
  LEFT JOIN item_parameters p ON p.question_id = q.id AND p.current
  WHERE q.active AND q.quality = 'NORMAL' AND q.text IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM responses r WHERE r.question_id = q.id AND r.user_id = `).Arg(int64(user)).WriteString(`)
), ranked AS (
  SELECT id, domain, difficulty, anchor, power, tie,
    ROW_NUMBER() OVER (PARTITION BY difficulty, domain ORDER BY COALESCE(power, -1) DESC, tie, id) AS place,
    ROW_NUMBER() OVER (PARTITION BY domain, anchor ORDER BY COALESCE(power, -1) DESC, tie, id) AS anchor_place
  FROM fresh WHERE power IS NULL OR power >= 0
)
SELECT id, domain, difficulty, anchor, power FROM ranked
WHERE place <= `).Arg(ofEach).WriteString(` OR (anchor AND anchor_place = 1)
ORDER BY COALESCE(power, -1) DESC, tie, id`)
	query, args := b.Query()
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []form.Candidate
	for rows.Next() {
		var (
			c     form.Candidate
			power stdsql.NullFloat64
		)
		if err := rows.Scan(&c.Question, &c.Domain, &c.Difficulty, &c.Anchor, &power); err != nil {
			return nil, err
		}
		if power.Valid {
			r := math.Sqrt(power.Float64)
			c.Discrimination = &r
		}
		out = append(out, c)
	}
	return out, rows.Err()
}
