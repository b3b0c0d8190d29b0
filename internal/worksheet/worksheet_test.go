package worksheet_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/ctt"
	"github.com/aiqhq/aiq/internal/irt"
	"github.com/aiqhq/aiq/internal/worksheet"
)

func read(t testing.TB, text string, layout worksheet.Layout) *worksheet.Answers {
	t.Helper()
	a, err := worksheet.ReadAnswers(t.Context(), strings.NewReader(text), "table.csv", layout)
	require.NoError(t, err)
	return a
}

func key(t testing.TB, text string) *worksheet.Key {
	t.Helper()
	k, err := worksheet.ReadKey(t.Context(), strings.NewReader(text), "key.csv")
	require.NoError(t, err)
	return k
}

// responses is every person's answers, one letter an item: 1, 0, o for omitted
// and . for not administered.
func responses(a *worksheet.Answers) []string {
	var out []string
	for i := range a.People() {
		row := bytes.Repeat([]byte{'.'}, len(a.Items))
		for _, c := range a.Person(i) {
			row[c.Item()] = map[ctt.Response]byte{ctt.Correct: '1', ctt.Wrong: '0', ctt.Omitted: 'o'}[a.Response(c)]
		}
		out = append(out, string(row))
	}
	return out
}

func TestFindsColumns(t *testing.T) {
	t.Parallel()
	const text = "person,group,x,y,freq\np,a,1,0,3\n"
	a := read(t, text, worksheet.Layout{})
	require.Equal(t, []string{"x", "y"}, a.Items)
	require.Equal(t, "p", a.Name(0))
	require.Equal(t, []string{"a"}, a.Groups)
	require.InDelta(t, 3, a.Count(0), 0)
	require.Equal(t, []string{"person", "group", "freq"}, []string{a.IDColumn, a.GroupColumn, a.CountColumn})

	a = read(t, "person,y,x,note\np,1,0,hello\n", worksheet.Layout{Known: []string{"x", "y", "z"}})
	require.Equal(t, []string{"y", "x"}, a.Items)
	require.Equal(t, []string{"note"}, a.LeftOut)

	a = read(t, "group,count\n1,0\n0,1\n", worksheet.Layout{Items: []string{"group", "count"}})
	require.Equal(t, []string{"group", "count"}, a.Items, "a column said to be an item is one")
	require.Equal(t, []string{"10", "01"}, responses(a))
	require.Equal(t, "2", a.Name(1))

	a = read(t, "u,v\n1,0\n", worksheet.Layout{Known: []string{"x", "y"}, ByOrder: true})
	require.Equal(t, []string{"x", "y"}, a.Items)
}

func TestMissingAndOmitted(t *testing.T) {
	t.Parallel()
	k := key(t, "item,key\nx,2\ny,1\nz,1\n")
	const text = "x,y,z\n2,0,\n1,NA,1\n"
	for name, c := range map[string]struct {
		layout worksheet.Layout
		want   []string
	}{
		"omitted counts as wrong": {worksheet.Layout{Omitted: []string{"0"}, Missing: []string{"NA"}}, []string{"1o.", "0.1"}},
		"omitted is missing":      {worksheet.Layout{Omitted: []string{"0"}, Missing: []string{"NA"}, OmittedMissing: true}, []string{"1..", "0.1"}},
		"empty is omitted":        {worksheet.Layout{Omitted: []string{"0"}, Missing: []string{"NA"}, EmptyOmitted: true}, []string{"1oo", "0.1"}},
		"0 and NA are options":    {worksheet.Layout{}, []string{"10.", "001"}},
	} {
		c.layout.Key = k
		require.Equal(t, c.want, responses(read(t, text, c.layout)), name)
	}
}

func TestOptionsInNaturalOrder(t *testing.T) {
	t.Parallel()
	a := read(t, "x\n10\n9\n2\n10\n", worksheet.Layout{Key: key(t, "item,key\nx,9\n")})
	require.Equal(t, [][]string{{"2", "9", "10"}}, a.Options)
	require.Equal(t, []int{1}, a.Keys)
	require.Equal(t, []string{"0", "1", "0", "0"}, responses(a))
	require.Equal(t, ctt.Choice(2), a.Choice(a.Person(0)[0]))

	a = read(t, "x,y,z\nb,C,blue\n", worksheet.Layout{Key: key(t, "item,key,options\nx,b,3\ny,C,4\nz,red,red|blue\n")})
	require.Equal(t, [][]string{{"a", "b", "c"}, {"A", "B", "C", "D"}, {"blue", "red"}}, a.Options)
	require.Equal(t, []string{"110"}, responses(a))
}

func TestLongRowsInAnyOrder(t *testing.T) {
	t.Parallel()
	a := read(t, "person,item,answer\nq,i10,1\np,i2,0\nq,i2,1\np,i10,\nr,i3,NA\n", worksheet.Layout{Long: true, Missing: []string{"NA"}})
	require.Equal(t, []string{"i2", "i3", "i10"}, a.Items)
	require.Equal(t, []string{"1.1", "0..", "..."}, responses(a), "people in order of appearance, also without answers")

	a = read(t, "person,item,answer\np,z,1\np,x,0\np,u,1\n", worksheet.Layout{Long: true, Known: []string{"x", "y", "z"}})
	require.Equal(t, []string{"x", "z"}, a.Items)
	require.Equal(t, []string{"u"}, a.LeftOut)
	require.Equal(t, []string{"01"}, responses(a))
}

func TestLongTablesAreKnownByTheirHeader(t *testing.T) {
	t.Parallel()
	a := read(t, "Question,Person,group,response\nx,p,f,1\nx,q,m,0\ny,p,f,0\n", worksheet.Layout{})
	require.Equal(t, []string{"x", "y"}, a.Items)
	require.Equal(t, []string{"10", "0."}, responses(a))
	require.Equal(t, []string{"f", "m"}, a.Groups)
	for _, wide := range []string{"id,item,score,x\np,0,1,1\n", "person,item\np,1\n"} {
		a = read(t, wide, worksheet.Layout{})
		require.Len(t, responses(a), 1)
		require.Contains(t, a.Items, "item")
	}
	a = read(t, "id,item,answer\np,0,1\n", worksheet.Layout{Items: []string{"item", "answer"}})
	require.Equal(t, []string{"item", "answer"}, a.Items)
}

// More answers than are set aside at a time, together and scattered.
func TestLongTables(t *testing.T) {
	t.Parallel()
	var want []string
	for _, scattered := range []bool{false, true} {
		a, err := worksheet.ReadAnswers(t.Context(), &longFile{people: 20_000, each: 10, pool: 50, scattered: scattered},
			"generated", worksheet.Layout{Long: true})
		require.NoError(t, err)
		require.Equal(t, 200_000, a.Answered())
		got := responses(a)
		if scattered {
			require.Equal(t, want, got)
		}
		want = got
	}
}

func TestBankReadsBack(t *testing.T) {
	t.Parallel()
	items := []worksheet.BankItem{
		{Name: "x", Params: irt.ThreePL(1.0/3, -2, .2), SE: irt.ItemErrors{A: .1}, Responses: 50, Problem: "far, off"},
		{Name: "y", Params: irt.TwoPL(2, 1e-7)},
	}
	var file bytes.Buffer
	require.NoError(t, worksheet.WriteBank(&file, items))
	bank, err := worksheet.ReadBank(t.Context(), &file, "bank.csv")
	require.NoError(t, err)
	require.Equal(t, []string{"x", "y"}, bank.Names())
	for _, want := range items {
		got, ok := bank.Item(want.Name)
		require.True(t, ok)
		require.InDelta(t, want.Params.P(.7), got.Params.P(.7), 0)
	}
	rasch, err := worksheet.ReadBank(t.Context(), strings.NewReader("item,b,label\nx,.5,easy\n"), "bank.csv")
	require.NoError(t, err)
	require.Equal(t, []worksheet.BankItem{{Name: "x", Params: irt.OnePL(.5), Label: "easy"}}, rasch.Items)
}

func TestErrorIsTyped(t *testing.T) {
	t.Parallel()
	_, err := worksheet.ReadAnswers(t.Context(), strings.NewReader("id,x\n1,1\n\n3,2\n"), "table.csv", worksheet.Layout{})
	var fault *worksheet.Error
	require.ErrorAs(t, err, &fault)
	require.Equal(t, worksheet.Error{File: "table.csv", Row: 4, Column: "x", Problem: fault.Problem}, *fault, "rows are lines of the file")
}

// Whatever the bytes, a table is read or refused with an error of its own kind.
func FuzzReadAnswers(f *testing.F) {
	f.Add("id,x,y\n1,0,1\n2,,1\n", false)
	f.Add("person,item,answer\n1,x,1\n2,y,0\n1,y,0\n", true)
	f.Add("x,count\n1,2\n", false)
	f.Fuzz(func(t *testing.T, text string, long bool) {
		a, err := worksheet.ReadAnswers(t.Context(), strings.NewReader(text), "table.csv", worksheet.Layout{Long: long})
		if err != nil {
			var fault *worksheet.Error
			require.ErrorAs(t, err, &fault)
			return
		}
		data, err := a.Responses()
		require.NoError(t, err, fmt.Sprintf("%q", text))
		require.Equal(t, a.People(), data.People())
	})
}
