package desk

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// WriteText writes a row for each person, with lz* at the WLE.
func (r *Scores) WriteText(w io.Writer) error {
	p := &page{w: w}
	p.line("%s people, %d items, prior N(%g, %g)", show(r.People), r.Items, r.Prior.Mean, r.Prior.SD)
	p.line("reliability of EAP: %s empirical, %s from the mean error; of the test in N(0, 1): %s",
		show(r.Reliability.Empirical), show(r.Reliability.FromError), show(r.Reliability.Test))
	if len(r.LeftOut) > 0 {
		p.line("left out, not in the bank: %s", strings.Join(r.LeftOut, ", "))
	}
	p.line("")
	t := newTable("person", "right", "EAP", "SE", "MAP", "SE", "ML", "SE", "WLE", "SE", "lz", "lz*", "Guttman", "")
	flagged := 0.
	for _, s := range r.Scores {
		ml := show(s.ML.Theta)
		switch s.infinite() {
		case 1:
			ml = "+inf"
		case -1:
			ml = "-inf"
		}
		mark := ""
		if s.WLE.flagged() {
			mark = "misfit"
			flagged += s.Count
		}
		t.row(s.Person, fmt.Sprintf("%d/%d", s.Correct, s.Answered), s.EAP.Theta, s.EAP.SE, s.MAP.Theta, s.MAP.SE,
			ml, s.ML.SE, s.WLE.Theta, s.WLE.SE, s.WLE.Lz, s.WLE.LzStar, s.Guttman.Normalized, mark)
	}
	p.table(t)
	p.line("")
	p.line("lz and lz* at the WLE; misfit: lz* below -1.645, %s of %s people; Guttman errors by %s, as a share of the most possible",
		show(flagged), show(r.People), r.Easiness)
	return p.err
}

// WriteCSV writes a row for each person with everything that is known, empty where
// it is not defined.
func (r *Scores) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	header := []string{"person", "count", "answered", "correct", "eap", "eap_se"}
	for _, name := range []string{"map", "ml", "wle"} {
		header = append(header, name, name+"_se", name+"_lz", name+"_lz_star")
	}
	header = append(header, "guttman_errors", "guttman_untied_pairs", "guttman_max_errors", "guttman_normalized", "guttman_level")
	if err := out.Write(header); err != nil {
		return fmt.Errorf("write scores: %w", err)
	}
	for _, s := range r.Scores {
		row := []string{
			s.Person, cell(&s.Count), strconv.Itoa(s.Answered), strconv.Itoa(s.Correct), cell(s.EAP.Theta), cell(s.EAP.SE),
		}
		for _, a := range []FitAbility{s.MAP, s.ML, s.WLE} {
			row = append(row, cell(a.Theta), cell(a.SE), cell(a.Lz), cell(a.LzStar))
		}
		g := s.Guttman
		row = append(row, strconv.Itoa(g.Errors), strconv.Itoa(g.UntiedPairs), strconv.Itoa(g.MaxErrors), cell(g.Normalized), string(g.Level))
		if err := out.Write(row); err != nil {
			return fmt.Errorf("write scores: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write scores: %w", err)
	}
	return nil
}
