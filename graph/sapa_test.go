package graph_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/study"
)

// closed is the tolerance of figures that closed formulas give.
const closed = 1e-9

// expectation is the part of testdata/sapa_expected.json that the API answers.
type expectation struct {
	Scorings struct {
		OmitWrong struct {
			People         int      `json:"n_persons"`
			Items          int      `json:"n_items"`
			Alpha          *float64 `json:"alpha_raw"`
			StandardAlpha  *float64 `json:"alpha_std"`
			MeanInterItemR *float64 `json:"mean_interitem_r"`
			ByItem         []struct {
				Item           string
				N              int
				P              *float64
				ItemTotal      *float64 `json:"r_item_total_sum"`
				ItemRest       *float64 `json:"r_item_rest_sum"`
				AlphaIfDropped *float64 `json:"alpha_if_dropped"`
			} `json:"items"`
		} `json:"omit_wrong"`
	}
	Options struct {
		Items []struct {
			Item    string
			Key     string
			N       int `json:"n_administered"`
			Omitted int `json:"n_omitted"`
			Options []struct {
				Option         string
				IsKey          bool     `json:"is_key"`
				Count          int      `json:"count"`
				Share          *float64 `json:"share"`
				Bottom         *float64 `json:"share_bottom_inclusive"`
				Top            *float64 `json:"share_top_inclusive"`
				Discrimination *float64 `json:"discrimination_inclusive"`
				WithTotal      *float64 `json:"point_biserial_total"`
				WithRest       *float64 `json:"point_biserial_rest"`
			}
		}
	}
}

func expected(tb testing.TB) expectation {
	tb.Helper()
	raw, err := os.ReadFile("testdata/sapa_expected.json")
	require.NoError(tb, err)
	var e expectation
	require.NoError(tb, json.Unmarshal(raw, &e))
	return e
}

// analysis is what an administrator's console asks about a study.
const analysis = `query ($source: String!) {
	questions(filter: {source: $source}, first: 100) { totalCount nodes {
		externalRef key
		statistics { administered correct omitted pValue itemRestCorrelation itemTotalCorrelation discriminationTier }
		optionStatistics {
			optionId isKey chosen share shareBottom shareTop discriminationIndex
			pointBiserialTotal pointBiserialRest status inverted
		}
	} }
	reliability(source: $source) {
		cronbachAlpha standardizedAlpha meanInterItemCorrelation sessions itemCount sufficient band
		items { alphaIfDropped question { externalRef } }
	}
	testSessions(filter: {source: $source, state: COMPLETED}, first: 0) { totalCount }
}`

type analysed struct {
	Questions struct {
		TotalCount int
		Nodes      []struct {
			ExternalRef, Key string
			Statistics       struct {
				Administered, Correct, Omitted                    int
				PValue, ItemRestCorrelation, ItemTotalCorrelation *float64
				DiscriminationTier                                string
			}
			OptionStatistics []struct {
				OptionID                                                                                 string
				IsKey, Inverted                                                                          bool
				Chosen                                                                                   int
				Share, ShareBottom, ShareTop, DiscriminationIndex, PointBiserialTotal, PointBiserialRest *float64
				Status                                                                                   *string
			}
		}
	}
	Reliability struct {
		CronbachAlpha, StandardizedAlpha, MeanInterItemCorrelation *float64
		Sessions, ItemCount                                        int
		Sufficient                                                 bool
		Band                                                       string
		Items                                                      []struct {
			AlphaIfDropped *float64
			Question       struct{ ExternalRef string }
		}
	}
	TestSessions struct{ TotalCount int }
}

// The item analysis of a real study, imported and asked for over HTTP, agrees
// with figures that were computed elsewhere.
func TestTheItemAnalysisOfSAPA(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		sapa, err := study.SAPA()
		require.NoError(t, err)
		analyse(t, s, sapa)
	})
}

// The same from a folder whose keys are a table in its README.
func TestTheItemAnalysisOfSAPAWithKeysFromTheReadme(t *testing.T) {
	t.Parallel()
	servertest.Each(t, func(t *testing.T, s *servertest.Server) {
		folder := os.DirFS("../internal/study/testdata/sapa-iq")
		files := fstest.MapFS{}
		for _, name := range []string{"README.md", "responses.csv"} {
			raw, err := fs.ReadFile(folder, name)
			require.NoError(t, err)
			files[name] = &fstest.MapFile{Data: raw}
		}
		sapa, err := study.Read(files, "sapa-readme")
		require.NoError(t, err)
		analyse(t, s, sapa)
	})
}

func analyse(t *testing.T, s *servertest.Server, sapa *study.Study) {
	t.Helper()
	admin := s.Admin()
	imported, err := study.Import(t.Context(), s.Store, clock.System, sapa)
	require.NoError(t, err)
	want := expected(t)
	scored := want.Scorings.OmitWrong
	require.Equal(t, study.Imported{People: scored.People, Items: scored.Items, Responses: 16*1525 - 25}, imported)

	var got analysed
	admin.Get(t, &got, analysis, servertest.Variables{"source": sapa.Name})

	near := func(want, got *float64, of ...any) {
		t.Helper()
		require.NotNil(t, got, of...)
		require.InDelta(t, *want, *got, closed, of...)
	}
	require.Equal(t, scored.Items, got.Questions.TotalCount)
	require.Equal(t, scored.People, got.TestSessions.TotalCount)
	for i, q := range got.Questions.Nodes {
		item, options := scored.ByItem[i], want.Options.Items[i]
		require.Equal(t, sapa.Name+":"+item.Item, q.ExternalRef)
		require.Equal(t, options.Key, q.Key)
		require.Equal(t, item.N, q.Statistics.Administered)
		require.Equal(t, options.Omitted, q.Statistics.Omitted)
		near(item.P, q.Statistics.PValue, item.Item)
		near(item.ItemRest, q.Statistics.ItemRestCorrelation, item.Item)
		near(item.ItemTotal, q.Statistics.ItemTotalCorrelation, item.Item)
		// The expected table counts omissions as an option of their own.
		require.Equal(t, study.Omitted, options.Options[len(q.OptionStatistics)].Option, item.Item)
		for o, got := range q.OptionStatistics {
			want := options.Options[o]
			of := item.Item + ", option " + want.Option
			require.Equal(t, want.Option, got.OptionID, of)
			require.Equal(t, want.IsKey, got.IsKey, of)
			require.Equal(t, want.Count, got.Chosen, of)
			near(want.Share, got.Share, of)
			near(want.Bottom, got.ShareBottom, of)
			near(want.Top, got.ShareTop, of)
			near(want.Discrimination, got.DiscriminationIndex, of)
			near(want.WithTotal, got.PointBiserialTotal, of)
			near(want.WithRest, got.PointBiserialRest, of)
		}
	}

	r := got.Reliability
	near(scored.Alpha, r.CronbachAlpha)
	near(scored.StandardAlpha, r.StandardizedAlpha)
	near(scored.MeanInterItemR, r.MeanInterItemCorrelation)
	require.Equal(t, scored.Items, r.ItemCount)
	require.Equal(t, "GOOD", r.Band)
	require.True(t, r.Sufficient)
	require.Len(t, r.Items, scored.Items)
	for i, item := range r.Items {
		require.Equal(t, sapa.Name+":"+scored.ByItem[i].Item, item.Question.ExternalRef)
		near(scored.ByItem[i].AlphaIfDropped, item.AlphaIfDropped, item.Question.ExternalRef)
	}
}
