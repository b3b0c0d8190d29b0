package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/desk"
)

// The same answers give the same numbers in either form and any order of rows.
func TestLongEqualsWide(t *testing.T) {
	t.Parallel()
	sparse := irtData + "calibration/sparse60_responses.csv"
	raw, err := os.ReadFile(sparse)
	require.NoError(t, err)
	rows, err := csv.NewReader(strings.NewReader(string(raw))).ReadAll()
	require.NoError(t, err)
	var lines []string
	for _, row := range rows[1:] {
		for j, cell := range row[1:] {
			lines = append(lines, row[0]+","+rows[0][j+1]+","+cell)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	random.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	long := file(t, "long.csv", "person,item,answer\n"+strings.Join(lines, "\n")+"\n")

	wide := decoded[desk.Fit](t, "fit", sparse, "--no-item-fit")
	other := decoded[desk.Fit](t, "fit", long, "--long", "--no-item-fit")
	require.InDelta(t, wide.LogLikelihood, other.LogLikelihood, 1e-6)
	for j, w := range wide.Items {
		require.Equal(t, w.Item, other.Items[j].Item)
		require.InDelta(t, w.N, other.Items[j].N, 0)
		require.InDelta(t, *w.A, *other.Items[j].A, 1e-5)
		require.InDelta(t, *w.B, *other.Items[j].B, 1e-5)
	}
	require.Equal(t, printed(t, "items", sparse), printed(t, "items", long, "--long"))
}

func TestLongOptionsAndGroups(t *testing.T) {
	t.Parallel()
	key := file(t, "key.csv", "item,key\nb,2\na,1\n")
	wide := file(t, "wide.csv", "id,group,b,a\np,x,2,1\nq,y,1,\nr,x,3,1\ns,y,2,2\n")
	long := file(t, "long.csv", "id,group,item,response\nq,y,b,1\np,x,a,1\np,x,b,2\nr,x,b,3\ns,y,a,2\nr,x,a,1\ns,y,b,2\n")
	require.Equal(t, printed(t, "items", wide, "--key", key, "--json"), printed(t, "items", long, "--long", "--key", key, "--json"))
}

func TestReadsStandardInput(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(irtData + "calibration/lsat6_patterns.csv")
	require.NoError(t, err)
	out, err := try(t.Context(), string(raw), "fit", "-", "--json")
	require.NoError(t, err)
	var got desk.Fit
	require.NoError(t, json.Unmarshal([]byte(out), &got))
	require.InDelta(t, 1000, got.People, 0)
}

// Tables as spreadsheets and other programs write them.
func TestReadsOtherDialects(t *testing.T) {
	t.Parallel()
	bank := file(t, "bank.csv", "item,a,b\nx,1,0\ny,2,1\n")
	want := printed(t, "score", file(t, "t.csv", "id,x,y\np,1,0\nq,,1\n"), "--bank", bank)
	for name, text := range map[string]string{
		"semicolons":             "id;x;y\np;1;0\nq;;1\n",
		"tabs":                   "id\tx\ty\np\t1\t0\nq\t\t1\n",
		"byte order mark":        "\ufeffid,x,y\np,1,0\nq,,1\n",
		"carriage returns":       "id,x,y\r\np,1,0\r\nq,,1\r\n",
		"row names and NA":       "\"\",\"x\",\"y\"\n\"p\",1,0\n\"q\",NA,1\n",
		"numbers with fractions": "id,x,y\np,1.0,0.0\nq,,1.0\n",
		"spaces":                 "id, x, y\np, 1, 0\nq, , 1\n",
		"no last line break":     "id,x,y\np,1,0\nq,,1",
	} {
		got, err := try(t.Context(), "", "score", file(t, "t.csv", text), "--bank", bank)
		require.NoError(t, err, name)
		require.Equal(t, want, got, name)
	}
	got, err := try(t.Context(), "", "score", file(t, "t.csv", "id|x|y\np|1|0\nq||1\n"), "--bank", bank, "--separator", "|")
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// What is wrong is said with file, row and column, and nothing is written.
func TestBadInput(t *testing.T) {
	t.Parallel()
	const bank = "item,a,b\nx,1,0\ny,2,1\n"
	for name, c := range map[string]struct {
		table, other, want string
		args               []string
	}{
		"empty file":       {table: "", args: []string{"fit"}, want: "table.csv: the file is empty"},
		"no people":        {table: "id,x\n", args: []string{"fit"}, want: "there are no people"},
		"no items":         {table: "id,group\n1,a\n", args: []string{"fit"}, want: "row 1: there are no columns of items"},
		"not a score":      {table: "id,x,y\n1,0,1\n2,7,1\n", args: []string{"fit"}, want: `table.csv, row 3, column x: "7" is neither 0 nor 1`},
		"short row":        {table: "id,x,y\n1,0,1\n2,1\n", args: []string{"fit"}, want: "table.csv, row 3: 2 cells where the header has 3"},
		"quote":            {table: "id,x\n1,0\n2,\"1\n", args: []string{"fit"}, want: "table.csv, row "},
		"column twice":     {table: "id,x,x\n1,0,1\n", args: []string{"fit"}, want: "row 1, column x: the column occurs twice"},
		"column unnamed":   {table: "id,,x\n1,0,1\n", args: []string{"fit"}, want: "row 1, column 2: the column has no name"},
		"no such column":   {table: "id,x\n1,0\n", args: []string{"fit", "--group", "sex"}, want: "there is no column sex; there are id, x"},
		"no such item":     {table: "id,x\n1,0\n", args: []string{"fit", "--items", "x,z"}, want: "there is no column z"},
		"not a count":      {table: "x,y,count\n1,0,-2\n", args: []string{"fit"}, want: `row 2, column count: "-2" is not a count`},
		"half people":      {table: "x,y,count\n1,0,2.5\n", args: []string{"items"}, want: "whole number"},
		"too few":          {table: "id,x,y\n1,0,1\n2,1,1\n", args: []string{"fit"}, want: "too few data"},
		"constant items":   {table: "id,x,y\n1,0,1\n2,0,1\n", args: []string{"fit", "--model", "RASCH", "--conditional"}, want: "too few data"},
		"long without":     {table: "id,x,y\n1,0,1\n", args: []string{"fit", "--long"}, want: "which column is the item"},
		"long twice":       {table: "person,item,answer\np,x,1\np,y,0\nq,x,1\np,x,0\n", args: []string{"fit", "--long"}, want: "person p answers item x twice"},
		"long no person":   {table: "person,item,answer\n,x,1\n", args: []string{"fit", "--long"}, want: "row 2, column person: the person has no name"},
		"long cell":        {table: "person,item,answer\np,x,1\np,y,A\n", args: []string{"fit", "--long"}, want: `row 3, column answer: "A"`},
		"long group":       {table: "person,group,item,answer\np,a,x,1\np,b,y,1\n", args: []string{"items", "--long"}, want: "row 3, column group"},
		"unknown items":    {table: "id,u,v\n1,0,1\n", other: bank, args: []string{"score", "--bank"}, want: "none of the columns id, u, v is one of the items x, y"},
		"order":            {table: "id,u\n1,0\n", other: bank, args: []string{"score", "--by-order", "--bank"}, want: "1 columns of items can't be matched by order with 2"},
		"no bank columns":  {table: "id,x\n1,0\n", other: "name,a,b\n", args: []string{"score", "--bank"}, want: "other.csv, row 1: a bank has columns"},
		"bank number":      {table: "id,x\n1,0\n", other: "item,a,b\nx,one,0\n", args: []string{"score", "--bank"}, want: `other.csv, row 2, column a: "one" is not a number`},
		"bank slope":       {table: "id,x\n1,0\n", other: "item,a,b\nx,-1,0\n", args: []string{"score", "--bank"}, want: "other.csv, row 2: item x"},
		"bank twice":       {table: "id,x\n1,0\n", other: "item,a,b\nx,1,0\nx,1,0\n", args: []string{"score", "--bank"}, want: "other.csv, row 3, column item"},
		"label":            {table: "id,x\n1,0\n", other: bank, args: []string{"score", "--guttman", "label", "--bank"}, want: `item x has label ""`},
		"prior":            {table: "id,x\n1,0\n", other: bank, args: []string{"score", "--prior-sd", "0", "--bank"}, want: "prior"},
		"key columns":      {table: "id,x\n1,0\n", other: "item,right\n", args: []string{"items", "--key"}, want: "other.csv, row 1: a key has columns"},
		"key is no option": {table: "id,x\n1,0\n", other: "item,key,n_options\nx,9,4\n", args: []string{"items", "--key"}, want: "other.csv, row 2, column n_options: the key 9 is none of"},
		"option":           {table: "id,x\n1,5\n", other: "item,key,n_options\nx,2,4\n", args: []string{"items", "--key"}, want: `table.csv, row 2, column x: "5" is none of the options 1, 2, 3, 4`},
		"one group":        {table: "id,group,x\n1,a,0\n2,a,1\n", args: []string{"items"}, want: "column group names 1 groups"},
		"no such group":    {table: "id,group,x\n1,a,0\n2,b,1\n", args: []string{"items", "--focal", "c"}, want: `names nobody "c"`},
		"nothing fixed":    {table: "id,u,v\n1,0,1\n", other: bank, args: []string{"fit", "--fixed"}, want: "none of the items is one of the fixed ones"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{c.args[0], file(t, "table.csv", c.table)}, c.args[1:]...)
			if c.other != "" {
				args = append(args, file(t, "other.csv", c.other))
			}
			out, err := try(t.Context(), "", args...)
			require.ErrorContains(t, err, c.want)
			require.Empty(t, out)
		})
	}
	for _, args := range [][]string{
		{"fit", "nowhere.csv"},
		{"fit", "x.csv", "--model", "5PL"},
		{"fit", "x.csv", "--conditional"},
		{"fit", "x.csv", "--prior-b", "1"},
		{"fit", "x.csv", "--hermite"},
		{"fit", "x.csv", "--latent-mean", "loose"},
		{"score", "x.csv"},
		{"simulate", "--plot", "picture.jpg"},
		{"simulate", "--weights", "NONE=1"},
		{"simulate", "--max-items", "0"},
		{"simulate", "--examinees", "0"},
	} {
		_, err := try(t.Context(), "", args...)
		require.Error(t, err, args)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, args := range [][]string{
		{"fit", irtData + "calibration/sim2pl40_responses.csv"},
		{"score", cttData + "pf25_responses.csv", "--bank", cttData + "pf25_bank.csv"},
		{"items", cttData + "pf25_responses.csv"},
		{"simulate"},
	} {
		_, err := try(ctx, "", args...)
		require.ErrorIs(t, err, context.Canceled, args)
	}
}
