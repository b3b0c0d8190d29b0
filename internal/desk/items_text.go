package desk

import (
	"fmt"
	"io"
	"strings"

	"github.com/aiqhq/aiq/internal/ctt"
)

// WriteText writes the analysis as tables for people.
func (r *Items) WriteText(w io.Writer) error {
	p := &page{w: w}
	p.line("%d people, %d items; %s", r.People, len(r.Items), r.Missing.describe())
	if len(r.LeftOut) > 0 {
		p.line("left out, not in the key: %s", strings.Join(r.LeftOut, ", "))
	}
	p.line("")
	r.writeItems(p)
	p.line("")
	r.Reliability.write(p)
	r.writeOptions(p)
	if r.DIF != nil {
		p.line("")
		r.DIF.write(p)
	}
	return p.err
}

// describe says what is missing and what was done about it.
func (m Missing) describe() string {
	text := "nothing missing"
	if m.NotAdministered > 0 {
		text = fmt.Sprintf("%d answers not administered, %d people complete", m.NotAdministered, m.Complete)
		switch m.Rule {
		case ctt.Pairwise:
			text += "; covariances are pairwise, p and correlations over those given the item"
		case ctt.Listwise:
			text += "; only complete people are used"
		}
	}
	if m.Omitted > 0 {
		text += fmt.Sprintf("; %d omitted, counted as wrong", m.Omitted)
	}
	return text
}

func (r *Items) writeItems(p *page) {
	t := newTable("item", "n", "p", "SD", "item-total", "item-rest", "by share", "by cov", "alpha without", "loading", "tier")
	for _, i := range r.Items {
		t.row(i.Item, i.N, i.P, i.SD, i.ItemTotal, i.ItemRest, i.ItemRestShare, i.ItemRestCovariance, i.AlphaDropped, i.Loading, said(i.Tier))
	}
	p.table(t)
}

func (r TestReliability) write(p *page) {
	p.line("alpha %s (%s), standardized %s; mean inter-item r %s; thinnest pair %d people",
		show(r.Alpha), said(r.Band), show(r.StandardizedAlpha), show(r.MeanInterItemR), r.MinPairN)
	if r.PairsWithoutCovariance > 0 {
		p.line("%d pairs of items were never given to the same two people; alpha from the other pairs %s",
			r.PairsWithoutCovariance, show(r.AlphaObservedPairs))
	}
	if r.Omega != nil {
		note := ""
		if r.Omega.Heywood {
			note = ", a uniqueness at its bound: distrust it"
		}
		p.line("omega %s (one factor, %s%s)", show(r.Omega.Omega), words(string(r.Omega.Method)), note)
	}
	p.line("number right: mean %s, SD %s, SEM %s", show(r.TotalMean), show(r.TotalSD), show(r.SEM))
	p.line("KR-20 %s; odd-even halves r %s, Spearman-Brown %s, Rulon %s (%d complete people)",
		show(r.KR20), show(r.SplitHalf.R), show(r.SplitHalf.SpearmanBrown), show(r.SplitHalf.Rulon), r.SplitHalf.People)
}

func (r *Items) writeOptions(p *page) {
	if len(r.Items) == 0 || r.Items[0].Options == nil {
		return
	}
	p.line("")
	t := newTable("item", "option", "chosen", "share", "bottom", "top", "discrim", "r total", "r rest", "status")
	for _, item := range r.Items {
		rows := item.Options.Options
		if item.Options.Omission.Count > 0 {
			rows = append(rows[:len(rows):len(rows)], item.Options.Omission)
		}
		for _, o := range rows {
			t.row(item.Item, o.name(), o.Count, o.Share, o.ShareBottom, o.ShareTop, o.Discrimination,
				o.PointBiserialTotal, o.PointBiserialRest, o.remark())
		}
	}
	p.table(t)
	o := r.Items[0].Options
	cuts := ""
	if o.Lower != nil {
		cuts = fmt.Sprintf(", up to %d and from %d right", *o.Lower, *o.Upper)
	}
	p.line("* key; bottom and top quarter: %d and %d people%s", o.Bottom, o.Top, cuts)
}

func (o Option) name() string {
	switch {
	case o.IsKey:
		return o.Option + "*"
	case o.Option == "":
		return "omitted"
	}
	return o.Option
}

func (o Option) remark() string {
	switch {
	case o.Inverted:
		return "inverted"
	case o.Status == ctt.UnknownStatus:
		return ""
	}
	return words(string(o.Status))
}

func (d *DIF) write(p *page) {
	p.line("DIF by %s: reference %s (%d people), focal %s (%d people); %d left out for want of an item; flagged first: %s",
		d.Column, d.Reference, d.ReferenceN, d.Focal, d.FocalN, d.LeftOut, none(d.Flagged))
	t := newTable("item", "p ref", "p focal", "MH D-DIF", "SE", "chi2", "p", "ETS", "purified", "ETS", "uniform p", "non-unif p", "R2 gain", "J&G")
	for _, i := range d.Items {
		mh, pure, l := i.MantelHaenszel, i.Purified, i.Logistic
		t.row(i.Item, i.PReference, i.PFocal, mh.DDIF, mh.SEDDIF, mh.ChiSquare, mh.P, class(mh.Class),
			pure.DDIF, class(pure.Class), l.Uniform.P, l.NonUniform.P, l.Both.DeltaR2, class(l.JodoinGierl))
	}
	p.table(t)
}

// words turns a constant into words.
func words(s string) string { return strings.ReplaceAll(strings.ToLower(s), "_", " ") }

// said is a constant in words, if there is one.
func said[T ~string](s *T) string {
	if s == nil {
		return undefined
	}
	return words(string(*s))
}

// class is an ETS class, if there is one.
func class(c *ctt.ETSClass) string {
	if c == nil {
		return undefined
	}
	return string(*c)
}

// none lists names, or says that there are none.
func none(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
