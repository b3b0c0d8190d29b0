package bank

import (
	"bytes"
	"compress/flate"
	"context"
	"crypto/sha256"
	stdsql "database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/enginerevision"
	"github.com/aiqhq/aiq/internal/cat"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/irt"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// engineContent is all that an adaptive engine's choices depend on besides the
// session. It is kept as JSON, compressed: numbers are written in the shortest
// form that reads back as the same number, items in the order of their keys, and
// domains by name, so that the same engine always has the same text.
type engineContent struct {
	// Rules are without their Weights, which follow by domain.
	Rules   cat.Rules                `json:"rules"`
	Weights map[vocab.Domain]float64 `json:"weights"`

	// The items, one column for each property.
	Items          []int64        `json:"items"`
	Domain         []vocab.Domain `json:"domain"`
	Discrimination []float64      `json:"a"`
	Difficulty     []float64      `json:"b"`
	Guessing       []float64      `json:"c"`
}

func contentOf(engine *cat.Engine) engineContent {
	items := engine.Bank().Items()
	c := engineContent{
		Rules: engine.Rules(), Weights: map[vocab.Domain]float64{},
		Items: make([]int64, len(items)), Domain: make([]vocab.Domain, len(items)),
		Discrimination: make([]float64, len(items)), Difficulty: make([]float64, len(items)),
		Guessing: make([]float64, len(items)),
	}
	domains := vocab.Domains()
	for d, weight := range c.Rules.Weights {
		c.Weights[domains[d]] = weight
	}
	c.Rules.Weights = nil
	for i, item := range items {
		c.Items[i], c.Domain[i] = item.ID, domains[item.Domain]
		c.Discrimination[i], c.Difficulty[i], c.Guessing[i] = item.Params.A, item.Params.B, item.Params.C
	}
	return c
}

// ErrRevision means that an engine revision is missing or damaged.
var ErrRevision = errors.New("unusable engine revision")

func (c engineContent) engine() (*cat.Engine, error) {
	n := len(c.Items)
	if len(c.Domain) != n || len(c.Discrimination) != n || len(c.Difficulty) != n || len(c.Guessing) != n {
		return nil, errors.New("columns of different length")
	}
	items := make([]cat.Item, n)
	for i, id := range c.Items {
		items[i] = cat.Item{
			ID: id, Domain: c.Domain[i].Index(),
			Params: irt.ThreePL(c.Discrimination[i], c.Difficulty[i], c.Guessing[i]),
		}
	}
	for _, d := range vocab.Domains() {
		c.Rules.Weights = append(c.Rules.Weights, c.Weights[d])
	}
	bank, err := cat.NewBank(items, len(vocab.Domains()))
	if err != nil {
		return nil, err
	}
	return cat.NewEngine(bank, c.Rules)
}

// recorded is the snapshot with the revision of its engine, which is written to
// the database unless it is there already. With an error it is the snapshot as
// it was.
func recorded(ctx context.Context, st *store.Store, s *Snapshot) (*Snapshot, error) {
	text, err := json.Marshal(contentOf(s.Engine))
	if err != nil {
		return s, fmt.Errorf("record the engine: %w", err)
	}
	digest := digestOf(text)
	id, err := revisionOf(ctx, st.Reader(), digest)
	if db.IsNotFound(err) {
		id, err = writeRevision(ctx, st, digest, text)
	}
	if err != nil {
		return s, fmt.Errorf("record the engine: %w", err)
	}
	with := *s
	with.EngineRevision = id
	return &with, nil
}

func revisionOf(ctx context.Context, client *db.Client, digest string) (ident.EngineRevision, error) {
	return client.EngineRevision.Query().Where(enginerevision.Digest(digest)).OnlyID(ctx)
}

// writeRevision adds the content. Of several replicas that do so at once the
// first one's row counts for all.
func writeRevision(ctx context.Context, st *store.Store, digest string, text []byte) (ident.EngineRevision, error) {
	content, err := deflate(text)
	if err != nil {
		return 0, err
	}
	var id ident.EngineRevision
	err = st.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		err := tx.EngineRevision.Create().
			SetDigest(digest).SetContent(content).SetCreatedAt(clock.System()).
			OnConflict(sql.ConflictColumns(enginerevision.FieldDigest), sql.DoNothing()).
			Exec(ctx)
		// Where nothing was written, no key comes back.
		if err != nil && !db.IsNotFound(err) && !errors.Is(err, stdsql.ErrNoRows) {
			return err
		}
		id, err = revisionOf(ctx, tx.Client, digest)
		return err
	})
	return id, err
}

// EngineOf makes the engine of a revision as it was. The error wraps ErrRevision if
// there is no such revision or its content is not what was recorded.
func EngineOf(ctx context.Context, client *db.Client, id ident.EngineRevision) (*cat.Engine, error) {
	row, err := client.EngineRevision.Get(ctx, id)
	if err != nil && !db.IsNotFound(err) {
		return nil, fmt.Errorf("load engine revision %d: %w", id, err)
	}
	var engine *cat.Engine
	if err == nil {
		engine, err = engineFrom(row)
	}
	if err != nil {
		return nil, fmt.Errorf("%w %d: %w", ErrRevision, id, err)
	}
	return engine, nil
}

func engineFrom(row *db.EngineRevision) (*cat.Engine, error) {
	text, err := io.ReadAll(flate.NewReader(bytes.NewReader(row.Content)))
	if err != nil {
		return nil, err
	}
	if digestOf(text) != row.Digest {
		return nil, errors.New("the content does not have its digest")
	}
	var c engineContent
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, err
	}
	return c.engine()
}

func digestOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

func deflate(text []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
