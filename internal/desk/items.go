package desk

import (
	"context"
	"errors"
	"fmt"

	"github.com/aiqhq/aiq/internal/ctt"
	"github.com/aiqhq/aiq/internal/worksheet"
)

// ErrGroups means groups that can't be compared.
var ErrGroups = errors.New("groups can't be compared")

// ItemsPlan says how to analyse items.
type ItemsPlan struct {
	// Listwise uses only people who were given every item; else each statistic
	// uses those it can.
	Listwise bool
	// Omega is how the factor behind omega is fitted; empty for no omega.
	Omega ctt.FactorMethod
	// Ties and Rules are for the tables of options.
	Ties  ctt.TieRule
	Rules ctt.DistractorRules
	// Reference and Focal name the groups to be compared. Empty, they are the two
	// that there are: the reference is called reference, or is the larger one.
	Reference, Focal string
}

// Items is the report of a classical item analysis.
type Items struct {
	People  int64   `json:"people"`
	Missing Missing `json:"missing"`
	// LeftOut are the columns that the key does not know.
	LeftOut     []string        `json:"leftOut"`
	Reliability TestReliability `json:"reliability"`
	Items       []Item          `json:"items"`
	// DIF compares groups; null if no column names any.
	DIF *DIF `json:"dif"`
}

// Missing says what is missing and how it was handled.
type Missing struct {
	// NotAdministered counts empty places of the table, Omitted answers left out,
	// which count as wrong. Complete counts people who were given every item.
	NotAdministered int64 `json:"notAdministered"`
	Omitted         int64 `json:"omitted"`
	Complete        int64 `json:"complete"`
	// Rule is what covariances were computed from.
	Rule ctt.MissingRule `json:"rule"`
}

// TestReliability holds the coefficients of the whole test.
type TestReliability struct {
	Alpha             *float64 `json:"alpha"`
	StandardizedAlpha *float64 `json:"standardizedAlpha"`
	// AlphaObservedPairs fills covariances nobody informs about with the mean of the others.
	AlphaObservedPairs     *float64  `json:"alphaObservedPairs"`
	MeanInterItemR         *float64  `json:"meanInterItemR"`
	MinPairN               int64     `json:"minPairN"`
	PairsWithoutCovariance int       `json:"pairsWithoutCovariance"`
	Band                   *ctt.Band `json:"band"`
	// TotalMean is of those given something, TotalSD comes from the covariances.
	TotalMean *float64 `json:"totalMean"`
	TotalSD   *float64 `json:"totalSD"`
	SEM       *float64 `json:"sem"`
	// KR20 is of the people who were given every item.
	KR20      *float64  `json:"kr20"`
	SplitHalf SplitHalf `json:"splitHalf"`
	Omega     *Omega    `json:"omega"`
}

// SplitHalf is of odd against even items, over people who were given all.
type SplitHalf struct {
	People        int64    `json:"people"`
	R             *float64 `json:"r"`
	SpearmanBrown *float64 `json:"spearmanBrown"`
	Rulon         *float64 `json:"rulon"`
}

// Omega is of a one-factor model of the correlations.
type Omega struct {
	Method    ctt.FactorMethod `json:"method"`
	Omega     *float64         `json:"omega"`
	Heywood   bool             `json:"heywood"`
	Converged bool             `json:"converged"`
}

// Item is one item's analysis.
type Item struct {
	Item    string   `json:"item"`
	N       int64    `json:"n"`
	Omitted int64    `json:"omitted"`
	P       *float64 `json:"p"`
	SD      *float64 `json:"sd"`
	// ItemTotal and ItemRest correlate the item with the number right with and
	// without it, the Share forms with the share right, and RestCovariance comes from the covariance
	// matrix. The three rests agree when nothing is missing.
	ItemTotal           *float64                `json:"itemTotal"`
	ItemTotalShare      *float64                `json:"itemTotalShare"`
	ItemRest            *float64                `json:"itemRest"`
	ItemRestShare       *float64                `json:"itemRestShare"`
	ItemRestCovariance  *float64                `json:"itemRestCovariance"`
	Tier                *ctt.DiscriminationTier `json:"tier"`
	AlphaDropped        *float64                `json:"alphaDropped"`
	StandardizedDropped *float64                `json:"standardizedAlphaDropped"`
	Loading             *float64                `json:"loading"`
	Options             *Options                `json:"options"`
}

// AnalyzeItems analyses the table. Errors wrap [ctt.ErrShape] for counts of people
// that are not whole, or ErrGroups; or are the context's, which is asked between the parts.
func AnalyzeItems(ctx context.Context, a *worksheet.Answers, plan ItemsPlan) (*Items, error) {
	m, err := a.Matrix()
	if err != nil {
		return nil, err
	}
	used, rule := m, ctt.Pairwise
	complete := m.Complete()
	if plan.Listwise {
		used, rule = complete, ctt.Listwise
	}
	out := &Items{
		People: int64(used.People()), LeftOut: a.LeftOut,
		Missing: Missing{
			NotAdministered: int64(m.People())*int64(m.Items()) - int64(m.Answers()),
			Complete:        int64(complete.People()),
		},
	}
	for _, part := range []func() error{
		func() error {
			alpha := m.Alpha(rule)
			out.Missing.Rule = alpha.Missing
			out.addItems(a.Items, used.ItemStats(), alpha)
			out.addReliability(m, used, alpha)
			return nil
		},
		func() error {
			if plan.Omega != "" {
				out.addOmega(m.Omega(plan.Omega, rule))
			}
			return nil
		},
		func() error {
			if a.Options == nil {
				return nil
			}
			return out.addOptions(a, plan)
		},
		func() (err error) {
			if a.Groups != nil {
				out.DIF, err = compareGroups(a, m, plan)
			}
			return err
		},
	} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := part(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (r *Items) addItems(names []string, stats []ctt.ItemStats, alpha ctt.AlphaResult) {
	for j, s := range stats {
		r.Missing.Omitted += s.Omitted
		item := Item{
			Item: names[j], N: s.Administered, Omitted: s.Omitted, P: s.P, SD: s.SD,
			ItemTotal: s.ItemTotal, ItemTotalShare: s.ItemTotalShare,
			ItemRest: s.ItemRest, ItemRestShare: s.ItemRestShare, Tier: word(s.Tier),
		}
		if j < len(alpha.ByItem) {
			by := alpha.ByItem[j]
			item.ItemRestCovariance, item.AlphaDropped, item.StandardizedDropped = by.RestCovariance, by.IfDropped, by.StandardizedIfDropped
		}
		r.Items = append(r.Items, item)
	}
}

func (r *Items) addReliability(all, used *ctt.Matrix, alpha ctt.AlphaResult) {
	half := all.SplitHalf()
	r.Reliability = TestReliability{
		Alpha: alpha.Raw, StandardizedAlpha: alpha.Standardized, AlphaObservedPairs: alpha.ObservedPairs,
		MeanInterItemR: alpha.MeanInterItemR, MinPairN: alpha.MinPairN, PairsWithoutCovariance: alpha.PairsWithoutCovariance,
		TotalSD: alpha.TotalSD, SEM: alpha.SEM, KR20: optional(all.KR20()),
		SplitHalf: SplitHalf{half.People, half.R, half.SpearmanBrown, half.Rulon},
	}
	if alpha.Raw != nil {
		r.Reliability.Band = word(ctt.ReliabilityBand(*alpha.Raw))
	}
	r.Reliability.TotalMean = meanTotal(used)
}

// meanTotal is the mean number right of those who were given something.
func meanTotal(m *ctt.Matrix) *float64 {
	people, right := 0, 0
	for i := range m.People() {
		answers := m.Person(i)
		for _, answer := range answers {
			right += answer.Response.Score()
		}
		if len(answers) > 0 {
			people++
		}
	}
	return optional(float64(right)/float64(people), people > 0)
}

func (r *Items) addOmega(o ctt.OmegaResult) {
	r.Reliability.Omega = &Omega{o.Method, o.Omega, o.Heywood, o.Converged}
	for j, l := range o.Loadings {
		r.Items[j].Loading = defined(l)
	}
}

// groupsOf tells who is in the reference and who in the focal group.
func groupsOf(a *worksheet.Answers, plan ItemsPlan) (reference, focal string, err error) {
	sizes := map[string]float64{}
	for i, g := range a.Groups {
		if g != "" {
			sizes[g] += a.Count(i)
		}
	}
	for _, name := range []string{plan.Reference, plan.Focal} {
		if name != "" && sizes[name] == 0 {
			return "", "", fmt.Errorf("%w: column %s names nobody %q", ErrGroups, a.GroupColumn, name)
		}
	}
	reference, focal = plan.Reference, plan.Focal
	if reference != "" && focal != "" {
		return reference, focal, nil
	}
	if len(sizes) != 2 {
		return "", "", fmt.Errorf("%w: column %s names %d groups; say which is the reference and which the focal one",
			ErrGroups, a.GroupColumn, len(sizes))
	}
	names := sortedKeys(sizes)
	switch {
	case reference == "" && focal != "":
		reference = other(names, focal)
	case reference == "":
		reference = names[0]
		if names[1] == "reference" || names[0] != "reference" && sizes[names[1]] > sizes[names[0]] {
			reference = names[1]
		}
	}
	return reference, other(names, reference), nil
}
