package session_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
	"github.com/aiqhq/aiq/internal/vocab"
)

// eachOffer runs fn on each database with servers that offer these tests.
func eachOffer(t *testing.T, change func(*config.Tests), fn func(t *testing.T, s *servertest.Server)) {
	t.Helper()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		settings := config.Defaults()
		settings.DatabaseURL = databaseURL
		change(&settings.Tests)
		fn(t, servertest.Configured(t, settings, server.Options{}))
	})
}

// calibrate gives all questions parameters with these standard errors.
func calibrate(t *testing.T, s *servertest.Server, discriminationSE, difficultySE float64) {
	t.Helper()
	require.NoError(t, s.Store.Tx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if err := tx.ItemParameters.Update().SetCurrent(false).Exec(ctx); err != nil {
			return err
		}
		var rows []*db.ItemParametersCreate
		for i, q := range tx.Question.Query().AllX(ctx) {
			rows = append(rows, tx.ItemParameters.Create().SetQuestionID(q.ID).SetModel(vocab.TwoParameter).
				SetDiscrimination(1.3).SetDifficulty(-2+4*float64(i%21)/20).SetProvisional(false).SetSampleSize(500).
				SetDiscriminationSe(discriminationSE).SetDifficultySe(difficultySE).SetCreatedAt(time.Now()))
		}
		return tx.ItemParameters.CreateBulk(rows...).Exec(ctx)
	}))
	require.NoError(t, s.Bank.Refresh(t.Context()))
}

type readiness struct {
	Ready, Given bool
	Domains      []struct {
		Domain                        string
		Calibrated, Required, Missing int
	}
	Bands []struct {
		Domain, Difficulty            string
		Calibrated, Required, Missing int
	}
}

func readinessOf(t *testing.T, admin servertest.Client) readiness {
	t.Helper()
	var data struct{ CatReadiness readiness }
	a := admin.Get(t, &data, `{ catReadiness { ready given domains { domain calibrated required missing }
  bands { domain difficulty calibrated required missing } } }`, nil)
	require.Equal(t, 1, a.Extensions.Statements, "the viewer's")
	return data.CatReadiness
}

func TestAdaptiveTestsWaitForTheBank(t *testing.T) {
	t.Parallel()
	ready := func(c *config.Tests) { c.Adaptive = config.AdaptiveWhenReady }
	eachOffer(t, ready, func(t *testing.T, s *servertest.Server) {
		s.UseRecords(servertest.FormItems(180)) // 30 of each domain, 10 of each difficulty
		admin := s.Admin()
		before := readinessOf(t, admin)
		require.False(t, before.Ready)
		require.False(t, before.Given)
		require.Len(t, before.Domains, 6)
		require.Len(t, before.Bands, 18)
		require.Equal(t, 30, before.Domains[0].Missing, "provisional parameters do not count")
		require.Equal(t, 5, before.Bands[0].Missing)

		taker := s.Taker()
		details := refused(t, taker.Ask(t, startNamed, servertest.Variables{"kind": "ADAPTIVE"}), "CAT_NOT_READY")
		missing, ok := details["missing"].([]any)
		require.True(t, ok)
		require.Len(t, missing, 6)
		first := missing[0].(map[string]any)
		require.Equal(t, "PATTERN", first["domain"])
		require.EqualValues(t, 30, first["missing"])
		require.Len(t, first["bands"], 3)
		// Who does not ask gets a fixed form meanwhile.
		form := startAs(t, taker, nil)
		require.Equal(t, "FIXED", form.Session.Kind)
		taker.Abandon(t, form.Session.ID)

		for _, se := range [][2]float64{{.31, .5}, {.3, .51}} {
			calibrate(t, s, se[0], se[1])
			require.False(t, readinessOf(t, admin).Ready, "too imprecise")
		}
		calibrate(t, s, .3, .5)
		after := readinessOf(t, admin)
		require.True(t, after.Ready)
		require.True(t, after.Given)
		require.Equal(t, 30, after.Domains[0].Calibrated)
		require.Zero(t, after.Domains[0].Missing)
		require.Equal(t, "ADAPTIVE", startAs(t, taker, nil).Session.Kind)
	})
}

func TestReadinessNeedsEveryDifficulty(t *testing.T) {
	t.Parallel()
	ready := func(c *config.Tests) { c.Adaptive = config.AdaptiveWhenReady }
	eachOffer(t, ready, func(t *testing.T, s *servertest.Server) {
		s.UseItems(180, 1.3) // of medium difficulty all
		calibrate(t, s, .2, .2)
		r := readinessOf(t, s.Admin())
		require.False(t, r.Ready)
		for _, d := range r.Domains {
			require.Zero(t, d.Missing)
		}
		for _, b := range r.Bands {
			require.Equal(t, b.Difficulty != "MEDIUM", b.Missing == 5)
		}
	})
}

func TestWhichKindsThereAre(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change             func(*config.Tests)
		nothing            string // the kind of who does not ask
		adaptive, fixedToo string // the refusal of who asks for them
	}{
		"as it comes":    {func(*config.Tests) {}, "ADAPTIVE", "", ""},
		"fixed at once":  {func(c *config.Tests) { c.DefaultKind = vocab.Fixed }, "FIXED", "", ""},
		"never adaptive": {func(c *config.Tests) { c.Adaptive = config.AdaptiveNever }, "FIXED", "CAT_NOT_READY", ""},
		"fixed only": {func(c *config.Tests) {
			c.Kinds, c.DefaultKind = []vocab.SessionKind{vocab.Fixed}, vocab.Fixed
		}, "FIXED", "VALIDATION_FAILED", ""},
		"adaptive only": {func(c *config.Tests) { c.Kinds = []vocab.SessionKind{vocab.Adaptive} }, "ADAPTIVE", "", "VALIDATION_FAILED"},
		"all adaptive":  {func(c *config.Tests) { c.DefaultKind, c.AdaptivePercent = vocab.Fixed, ptr(100) }, "ADAPTIVE", "", ""},
		"none adaptive": {func(c *config.Tests) { c.AdaptivePercent = ptr(0) }, "FIXED", "", ""},
		"short forms":   {func(c *config.Tests) { c.DefaultKind, c.FormLength, c.TimeLimit = vocab.Fixed, 7, time.Minute }, "FIXED", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachOffer(t, c.change, func(t *testing.T, s *servertest.Server) {
				s.UseRecords(servertest.FormItems(120))
				require.Equal(t, c.nothing, startAs(t, s.Taker(), nil).Session.Kind)
				for kind, code := range map[string]string{"ADAPTIVE": c.adaptive, "FIXED": c.fixedToo} {
					a := s.Taker().Ask(t, startNamed, servertest.Variables{"kind": kind})
					require.Equal(t, code, a.Code(), kind)
				}
				if name == "short forms" {
					form := s.Taker().StartForm(t)
					require.Len(t, form.Open, 7)
					require.Equal(t, time.Minute, form.Session.DueAt.Sub(form.Session.StartedAt))
				}
			})
		})
	}
}

// Each person gets one kind for good, and about the configured share of people
// gets adaptive tests.
func TestPeopleAreDividedByAPercentage(t *testing.T) {
	t.Parallel()
	thirty := func(c *config.Tests) { c.AdaptivePercent = ptr(30) }
	eachOffer(t, thirty, func(t *testing.T, s *servertest.Server) {
		s.UseRecords(servertest.FormItems(360))
		adaptive := 0
		for _, taker := range s.Takers(200) {
			first := startAs(t, taker, nil)
			if first.Session.Kind == "ADAPTIVE" {
				adaptive++
			}
			taker.Abandon(t, first.Session.ID)
			again := startAs(t, taker, nil)
			require.Equal(t, first.Session.Kind, again.Session.Kind)
		}
		// Binomial(200, .3) lies within 36 and 84 with probability .9998.
		require.InDelta(t, 60, adaptive, 24, fmt.Sprint(adaptive))
	})
}
