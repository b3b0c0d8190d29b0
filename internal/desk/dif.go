package desk

import (
	"maps"
	"slices"

	"github.com/aiqhq/aiq/internal/ctt"
	"github.com/aiqhq/aiq/internal/worksheet"
)

// DIF compares two groups of people of equal number right.
type DIF struct {
	Column    string          `json:"column"`
	Reference string          `json:"reference"`
	Focal     string          `json:"focal"`
	Missing   ctt.MissingRule `json:"missing"`
	// ReferenceN and FocalN count the people used, LeftOut those who lacked an item.
	ReferenceN int `json:"referenceN"`
	FocalN     int `json:"focalN"`
	LeftOut    int `json:"leftOut"`
	// Flagged items were taken out of the matching score for the purified analysis.
	Flagged []string  `json:"flagged"`
	Items   []DIFItem `json:"items"`
}

// DIFItem is one item's comparison.
type DIFItem struct {
	Item           string         `json:"item"`
	PReference     *float64       `json:"pReference"`
	PFocal         *float64       `json:"pFocal"`
	MantelHaenszel MantelHaenszel `json:"mantelHaenszel"`
	Purified       MantelHaenszel `json:"purified"`
	Logistic       Logistic       `json:"logistic"`
}

// MantelHaenszel is the comparison by strata of number right.
type MantelHaenszel struct {
	Alpha                *float64      `json:"alpha"`
	LnAlpha              *float64      `json:"lnAlpha"`
	SELnAlpha            *float64      `json:"seLnAlpha"`
	DDIF                 *float64      `json:"dDIF"`
	SEDDIF               *float64      `json:"seDDIF"`
	ChiSquare            *float64      `json:"chiSquare"`
	P                    *float64      `json:"p"`
	ChiSquareUncorrected *float64      `json:"chiSquareUncorrected"`
	PUncorrected         *float64      `json:"pUncorrected"`
	Strata               int           `json:"strata"`
	StrataBothGroups     int           `json:"strataBothGroups"`
	Class                *ctt.ETSClass `json:"class"`
	ClassBySize          *ctt.ETSClass `json:"classBySize"`
}

// Logistic is the comparison by three nested logistic regressions.
type Logistic struct {
	NullDeviance       *float64        `json:"nullDeviance"`
	Models             []LogisticModel `json:"models"`
	Uniform            Gain            `json:"uniform"`
	NonUniform         Gain            `json:"nonUniform"`
	Both               Gain            `json:"both"`
	ZumboThomas        *ctt.EffectSize `json:"zumboThomas"`
	JodoinGierl        *ctt.ETSClass   `json:"jodoinGierl"`
	JodoinGierlUniform *ctt.ETSClass   `json:"jodoinGierlUniform"`
}

// LogisticModel is one regression.
type LogisticModel struct {
	Coefficients   []float64 `json:"coefficients"`
	StandardErrors []float64 `json:"standardErrors"`
	Deviance       *float64  `json:"deviance"`
	NagelkerkeR2   *float64  `json:"nagelkerkeR2"`
}

// Gain is what one model gains over another.
type Gain struct {
	ChiSquare *float64 `json:"chiSquare"`
	P         *float64 `json:"p"`
	DeltaR2   *float64 `json:"deltaR2"`
}

func compareGroups(a *worksheet.Answers, m *ctt.Matrix, plan ItemsPlan) (*DIF, error) {
	reference, focal, err := groupsOf(a, plan)
	if err != nil {
		return nil, err
	}
	groups := make([]ctt.Group, 0, m.People())
	for i, name := range a.Groups {
		group := ctt.NoGroup
		switch name {
		case reference:
			group = ctt.Reference
		case focal:
			group = ctt.Focal
		}
		times, err := a.Repeats(i)
		if err != nil {
			return nil, err
		}
		groups = append(groups, slices.Repeat([]ctt.Group{group}, times)...)
	}
	r, err := m.DIF(groups)
	if err != nil {
		return nil, err
	}
	out := &DIF{
		Column: a.GroupColumn, Reference: reference, Focal: focal, Missing: r.Missing,
		ReferenceN: r.Reference, FocalN: r.Focal, LeftOut: r.LeftOut, Flagged: []string{},
	}
	for _, j := range r.Flagged {
		out.Flagged = append(out.Flagged, a.Items[j])
	}
	for j, item := range r.Items {
		out.Items = append(out.Items, DIFItem{
			Item: a.Items[j], PReference: item.PReference, PFocal: item.PFocal,
			MantelHaenszel: newMantelHaenszel(item.MantelHaenszel), Purified: newMantelHaenszel(item.Purified),
			Logistic: newLogistic(item.Logistic),
		})
	}
	return out, nil
}

func newMantelHaenszel(m ctt.MantelHaenszel) MantelHaenszel {
	return MantelHaenszel{
		m.Alpha, m.LnAlpha, m.SELnAlpha, m.DDIF, m.SEDDIF, m.ChiSquare, m.P,
		m.ChiSquareUncorrected, m.PUncorrected, m.Strata, m.StrataBothGroups, word(m.Class), word(m.ClassBySize),
	}
}

func newLogistic(l ctt.LogisticDIF) Logistic {
	out := Logistic{
		NullDeviance: l.NullDeviance, Uniform: Gain(l.Uniform), NonUniform: Gain(l.NonUniform), Both: Gain(l.Both),
		ZumboThomas: word(l.ZumboThomas), JodoinGierl: word(l.JodoinGierl), JodoinGierlUniform: word(l.JodoinGierlUniform),
	}
	for _, m := range l.Models {
		out.Models = append(out.Models, LogisticModel(m))
	}
	return out
}

func sortedKeys(m map[string]float64) []string { return slices.Sorted(maps.Keys(m)) }

// other is the one of two names that is not the one given.
func other(names []string, one string) string {
	if names[0] == one {
		return names[1]
	}
	return names[0]
}
