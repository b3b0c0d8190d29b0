package desk

import (
	"fmt"
	"io"

	"github.com/aiqhq/aiq/internal/irt"
	"github.com/aiqhq/aiq/internal/worksheet"
)

// LinkMethod is a way to link two scales.
type LinkMethod string

// The methods.
const (
	MeanMean          LinkMethod = "mean-mean"
	MeanSigma         LinkMethod = "mean-sigma"
	MeanGeometricMean LinkMethod = "mean-geometric-mean"
	Haebara           LinkMethod = "haebara"
	StockingLord      LinkMethod = "stocking-lord"
)

// LinkMethods lists them.
func LinkMethods() []LinkMethod {
	return []LinkMethod{MeanMean, MeanSigma, MeanGeometricMean, Haebara, StockingLord}
}

// LinkPlan says how scales are linked.
type LinkPlan struct {
	Method LinkMethod
	Curves irt.CurveOptions
}

// Link moves abilities from a new scale to a base scale, theta_base = A theta_new + B.
type Link struct {
	Method LinkMethod `json:"method"`
	A      float64    `json:"a"`
	B      float64    `json:"b"`
	// Criterion is the least sum of squares of the curve methods; null for the others.
	Criterion *float64 `json:"criterion"`
	Anchors   []Drift  `json:"anchors"`

	link irt.Link
}

// Drift says how far an anchor has moved once linked.
type Drift struct {
	Item        string     `json:"item"`
	Linked      Parameters `json:"linked"`
	ADifference float64    `json:"aDifference"`
	BDifference float64    `json:"bDifference"`
	// WRMSD is the root of the weighted mean squared difference of the two curves, in probability.
	WRMSD float64 `json:"wrmsd"`
}

// NewLink links the scales of the anchors. Errors wrap [irt.ErrAnchors] or [irt.ErrItem].
func NewLink(anchors *worksheet.Anchors, plan LinkPlan) (*Link, error) {
	out := &Link{Method: plan.Method}
	var err error
	var criterion float64
	switch plan.Method {
	case MeanMean:
		out.link, err = irt.MeanMean(anchors.Pairs)
	case MeanSigma:
		out.link, err = irt.MeanSigma(anchors.Pairs)
	case MeanGeometricMean:
		out.link, err = irt.MeanGeometricMean(anchors.Pairs)
	case Haebara:
		out.link, criterion, err = irt.Haebara(anchors.Pairs, plan.Curves)
		out.Criterion = &criterion
	case StockingLord:
		out.link, criterion, err = irt.StockingLord(anchors.Pairs, plan.Curves)
		out.Criterion = &criterion
	default:
		return nil, fmt.Errorf("%w: no such method: %q", irt.ErrAnchors, plan.Method)
	}
	if err != nil {
		return nil, fmt.Errorf("link %d common items: %w", len(anchors.Pairs), err)
	}
	out.A, out.B = out.link.A, out.link.B
	drift, err := irt.Drift(anchors.Pairs, out.link, plan.Curves)
	if err != nil {
		return nil, fmt.Errorf("drift of %d common items: %w", len(anchors.Pairs), err)
	}
	for i, d := range drift {
		out.Anchors = append(out.Anchors, Drift{
			Item: anchors.Names[i], Linked: parameters(d.Linked),
			ADifference: d.ADifference, BDifference: d.BDifference, WRMSD: d.WRMSD,
		})
	}
	return out, nil
}

func parameters(item irt.Item) Parameters { return Parameters{item.A, item.B, item.C} }

// link moves the calibration to the base bank's scale.
func (f *Fit) link(base *worksheet.Bank, plan LinkPlan) (err error) {
	f.Link, err = NewLink(worksheet.CommonItems(worksheet.NewBank(f.Bank()), base), plan)
	if err != nil {
		return err
	}
	for j := range f.Items {
		if e := f.Items[j].estimate; usable(e) {
			linked := parameters(f.Link.link.Item(e.Item))
			f.Items[j].Linked = &linked
		}
	}
	return nil
}

// WriteText writes the link and the drift of each anchor.
func (l *Link) WriteText(w io.Writer) error {
	p := &page{w: w}
	l.write(p)
	return p.err
}

func (l *Link) write(p *page) {
	criterion := ""
	if l.Criterion != nil {
		criterion = fmt.Sprintf(", criterion %.3g", *l.Criterion)
	}
	p.line("%s on %d anchors: theta_base = %.4f theta_new %+.4f%s", l.Method, len(l.Anchors), l.A, l.B, criterion)
	t := newTable("anchor", "a linked", "b linked", "a diff", "b diff", "wRMSD", "")
	for _, d := range l.Anchors {
		mark := ""
		if d.WRMSD > driftLimit {
			mark = "drifted"
		}
		t.row(d.Item, &d.Linked.A, &d.Linked.B, &d.ADifference, &d.BDifference, &d.WRMSD, mark)
	}
	p.table(t)
}

// driftLimit is the difference between an anchor's curves that suggests linking
// again without it.
const driftLimit = .1
