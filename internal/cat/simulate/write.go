package simulate

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"github.com/aiqhq/aiq/internal/cat"
)

// WriteText writes the report as a table for people: one line for all examinees
// and one for each decile of ability, then reasons and exposure.
func (r *Report) WriteText(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "group\texaminees\tmean theta\tbias\tRMSE\tmean SE\tcoverage\titems\t")
	line := func(name string, s Summary) {
		fmt.Fprintf(out, "%s\t%d\t%.3f\t%.3f\t%.3f\t%.3f\t%.3f\t%.2f\t\n",
			name, s.Examinees, s.MeanTrue, s.Bias, s.RMSE, s.MeanSE, s.Coverage, s.MeanItems)
	}
	line("all", r.Overall)
	for i, s := range r.Deciles {
		line("decile "+strconv.Itoa(i+1), s)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	rest := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(rest)
	for _, reason := range cat.StopReasons() {
		n := r.Overall.Stops[reason]
		fmt.Fprintf(rest, "stopped by %s\t%d\t%.1f %%\n", reason, n, 100*float64(n)/float64(r.Overall.Examinees))
	}
	e := r.Exposure
	fmt.Fprintf(rest, "highest exposure rate\t%.3f\n", e.Max)
	fmt.Fprintf(rest, "items above %.2f\t%.1f %%\n", exposureLimit, 100*e.Over)
	fmt.Fprintf(rest, "items never given\t%.1f %%\n", 100*e.Unused)
	fmt.Fprintf(rest, "exposure chi-square\t%.2f\n", e.ChiSquare)
	fmt.Fprintf(rest, "test overlap rate\t%.3f\n", e.Overlap)
	if err := rest.Flush(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

// WriteCSV writes one row for all examinees, each decile and each quintile, under
// a header row.
func (r *Report) WriteCSV(w io.Writer) error {
	header := []string{
		"group", "examinees", "lowest", "mean_true", "highest", "bias", "rmse", "mean_se", "coverage", "mean_items",
	}
	for _, reason := range cat.StopReasons() {
		header = append(header, string(reason))
	}
	rows := [][]string{header, r.Overall.row("all")}
	for i, s := range r.Deciles {
		rows = append(rows, s.row("decile_"+strconv.Itoa(i+1)))
	}
	for i, s := range r.Quintiles {
		rows = append(rows, s.row("quintile_"+strconv.Itoa(i+1)))
	}
	return writeRows(w, rows)
}

func (s Summary) row(group string) []string {
	row := []string{
		group, strconv.Itoa(s.Examinees), number(s.Lowest), number(s.MeanTrue), number(s.Highest),
		number(s.Bias), number(s.RMSE), number(s.MeanSE), number(s.Coverage), number(s.MeanItems),
	}
	for _, reason := range cat.StopReasons() {
		row = append(row, strconv.Itoa(s.Stops[reason]))
	}
	return row
}

// WriteItemsCSV writes id and exposure rate of every item, under a header row.
func (r *Report) WriteItemsCSV(w io.Writer) error {
	rows := [][]string{{"item", "exposure_rate"}}
	for _, item := range r.Items {
		rows = append(rows, []string{strconv.FormatInt(item.ID, 10), number(item.Rate)})
	}
	return writeRows(w, rows)
}

// WriteTestsCSV writes one row for every test, in the order of the plan, under a
// header row.
func (r *Report) WriteTestsCSV(w io.Writer) error {
	rows := [][]string{{"examinee", "true", "theta", "se", "items", "reason"}}
	for i, t := range r.Tests {
		rows = append(rows, []string{
			strconv.Itoa(i + 1), number(t.True), number(t.Theta), number(t.SE), strconv.Itoa(t.Items), string(t.Reason),
		})
	}
	return writeRows(w, rows)
}

// WriteJSON writes everything but the single tests as one object.
func (r *Report) WriteJSON(w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	if err := out.Encode(r); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

func writeRows(w io.Writer, rows [][]string) error {
	if err := csv.NewWriter(w).WriteAll(rows); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

// number is the shortest text that reads back as the same value.
func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
