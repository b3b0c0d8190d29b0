package bankfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/bank/bankfile"
	"github.com/aiqhq/aiq/internal/vocab"
)

const good = `{"external_ref":"x:1","domain":"MATH","difficulty":"EASY","text":"1 + 1 = ?",` +
	`"options":[{"id":"a","label":"2"},{"id":"b","label":"3"}],"key":"a",` +
	`"parameters":{"model":"TWO_PL","a":1.1,"b":-2,"provisional":true}}`

func record(ref string) bankfile.Record {
	return bankfile.Record{
		ExternalRef: ref, Domain: vocab.Memory, Difficulty: vocab.Hard, SubType: "word_list",
		Stimulus: "river, candle", Text: "Which word was <there> & read?",
		Options:     []vocab.Option{{ID: "a", Label: "river"}, {ID: "b", Label: "□■\n■□"}},
		Key:         "b",
		Explanation: "It was the second.", Source: "someone",
		Parameters: &bankfile.Parameters{Model: vocab.ThreeParameter, A: 1.5, B: 0.25, C: 0.2},
	}
}

func TestWrittenRecordsReadBackTheSame(t *testing.T) {
	t.Parallel()
	analysed := record("x:2")
	analysed.Text, analysed.Stimulus, analysed.Parameters = "", "", nil
	want := []bankfile.Record{record("x:1"), analysed}

	var file bytes.Buffer
	require.NoError(t, bankfile.Write(&file, want))
	require.Equal(t, 2, strings.Count(file.String(), "\n"))
	require.Contains(t, file.String(), "<there> & read", "written as read, not escaped")

	got, err := bankfile.ReadAll(&file)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.True(t, got[0].Servable())
	require.False(t, got[1].Servable())
}

func TestReadNamesFieldAndRule(t *testing.T) {
	t.Parallel()
	swap := func(old, new string) string {
		require.Contains(t, good, old)
		return strings.Replace(good, old, new, 1)
	}
	many := strings.Repeat(`{"id":"z","label":"z"},`, 10)
	for name, c := range map[string]struct {
		line  string
		field string
		rule  bankfile.Rule
	}{
		"not JSON":            {"question 1", "", bankfile.RuleJSON},
		"array":               {"[1]", "", bankfile.RuleJSON},
		"cut off":             {good[:len(good)-1], "", bankfile.RuleJSON},
		"something behind":    {good + "{}", "", bankfile.RuleJSON},
		"not UTF-8":           {swap("1 + 1", "1 \xff 1"), "", bankfile.RuleEncoding},
		"unknown field":       {swap(`"key"`, `"hint":"x","key"`), "hint", bankfile.RuleKnownField},
		"other letter case":   {swap(`"key"`, `"Key"`), "Key", bankfile.RuleKnownField},
		"unknown in option":   {swap(`"label":"2"`, `"label":"2","right":true`), "options[0].right", bankfile.RuleKnownField},
		"unknown parameter":   {swap(`"b":-2`, `"b":-2,"d":1`), "parameters.d", bankfile.RuleKnownField},
		"twice":               {swap(`"key":"a"`, `"key":"b","key":"a"`), "key", bankfile.RuleOnce},
		"missing":             {swap(`"key":"a",`, ``), "key", bankfile.RuleRequired},
		"missing label":       {swap(`,"label":"2"`, ``), "options[0].label", bankfile.RuleRequired},
		"missing difficulty":  {swap(`"b":-2,`, ``), "parameters.b", bankfile.RuleRequired},
		"null":                {swap(`"1 + 1 = ?"`, `null`), "text", bankfile.RuleType},
		"number for text":     {swap(`"1 + 1 = ?"`, `11`), "text", bankfile.RuleType},
		"text for number":     {swap(`1.1`, `"1.1"`), "parameters.a", bankfile.RuleType},
		"huge number":         {swap(`1.1`, `1e999`), "parameters.a", bankfile.RuleType},
		"options no list":     {swap(`[{"id":"a","label":"2"},{"id":"b","label":"3"}]`, `{}`), "options", bankfile.RuleType},
		"option no object":    {swap(`{"id":"b","label":"3"}`, `"b"`), "options[1]", bankfile.RuleJSON},
		"empty text":          {swap(`"1 + 1 = ?"`, `""`), "text", bankfile.RuleNotBlank},
		"blank text":          {swap(`"1 + 1 = ?"`, `" \n"`), "text", bankfile.RuleNotBlank},
		"blank label":         {swap(`"label":"3"`, `"label":" "`), "options[1].label", bankfile.RuleNotBlank},
		"space in reference":  {swap(`"x:1"`, `"x 1"`), "external_ref", bankfile.RuleNoSpace},
		"long reference":      {swap(`"x:1"`, `"`+strings.Repeat("x", 201)+`"`), "external_ref", bankfile.RuleLength},
		"one option":          {swap(`,{"id":"b","label":"3"}`, ``), "options", bankfile.RuleLength},
		"too many options":    {swap(`{"id":"b"`, many+`{"id":"b"`), "options", bankfile.RuleLength},
		"unknown domain":      {swap(`MATH`, `math`), "domain", bankfile.RuleVocabulary},
		"unknown label":       {swap(`EASY`, `TRIVIAL`), "difficulty", bankfile.RuleVocabulary},
		"unknown model":       {swap(`TWO_PL`, `2PL`), "parameters.model", bankfile.RuleVocabulary},
		"NUL in the text":     {swap(`1 + 1`, `1 \u0000 1`), "text", bankfile.RuleEncoding},
		"NUL in a name":       {swap(`"x:1"`, `"x:\u0000"`), "external_ref", bankfile.RuleEncoding},
		"NUL in a label":      {swap(`"label":"3"`, `"label":"\u0000"`), "options[1].label", bankfile.RuleEncoding},
		"same ids":            {swap(`"id":"b"`, `"id":"a"`), "options[1].id", bankfile.RuleDistinct},
		"same labels":         {swap(`"label":"3"`, `"label":"2 "`), "options[1].label", bankfile.RuleDistinct},
		"key of no option":    {swap(`"key":"a"`, `"key":"c"`), "key", bankfile.RuleKeyInOption},
		"zero discrimination": {swap(`1.1`, `0`), "parameters.a", bankfile.RuleRange},
		"high discrimination": {swap(`1.1`, `10.1`), "parameters.a", bankfile.RuleRange},
		"far difficulty":      {swap(`-2`, `-10.5`), "parameters.b", bankfile.RuleRange},
		"high asymptote":      {swap(`"TWO_PL"`, `"THREE_PL","c":0.5`), "parameters.c", bankfile.RuleRange},
		"asymptote in 2PL":    {swap(`"b":-2`, `"b":-2,"c":0.2`), "parameters.c", bankfile.RuleRange},
		"line too long":       {swap(`1 + 1`, strings.Repeat("1", bankfile.MaxLine)), "", bankfile.RuleLineLength},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other := strings.Replace(good, "x:1", "x:2", 1)
			var (
				kept    []bankfile.Record
				refused []*bankfile.LineError
			)
			for r, err := range bankfile.Read(strings.NewReader("\n" + c.line + "\r\n" + other)) {
				if err == nil {
					kept = append(kept, r)
					continue
				}
				var at *bankfile.LineError
				require.ErrorAs(t, err, &at)
				refused = append(refused, at)
			}
			require.Len(t, kept, 1, "reading goes on behind the line")
			require.Equal(t, "x:2", kept[0].ExternalRef)
			require.Len(t, refused, 1)
			require.Equal(t, 2, refused[0].Line)
			var rules []string
			for _, p := range refused[0].Problems {
				rules = append(rules, fmt.Sprint(p.Field, " ", p.Rule))
			}
			require.Contains(t, rules, fmt.Sprint(c.field, " ", c.rule))
		})
	}
}

func TestReadAllReportsEveryLine(t *testing.T) {
	t.Parallel()
	bad := strings.Replace(good, "MATH", "MUSIC", 1)
	records, err := bankfile.ReadAll(strings.NewReader(bad + "\n" + good + "\n" + good + "\n"))
	require.Nil(t, records)
	require.ErrorContains(t, err, `line 1: domain: "MUSIC" is none of PATTERN`)
	require.ErrorContains(t, err, `line 3: external_ref: "x:1" is also on line 2 (distinct)`)
}

func TestReadStopsAtABrokenReader(t *testing.T) {
	t.Parallel()
	broken := errors.New("cable cut")
	_, err := bankfile.ReadAll(iotest.ErrReader(broken))
	require.ErrorIs(t, err, broken)
}

func TestReadCanBeLeftEarly(t *testing.T) {
	t.Parallel()
	for r, err := range bankfile.Read(strings.NewReader(good + "\nnonsense\n")) {
		require.NoError(t, err)
		require.Equal(t, "x:1", r.ExternalRef)
		break
	}
}

func TestLongestLineIsRead(t *testing.T) {
	t.Parallel()
	fill := strings.Repeat("1", bankfile.MaxLine-len(good))
	for extra, ok := range map[string]bool{"": true, "1": false} {
		line := strings.Replace(good, "1 + 1", "1 + 1"+fill+extra, 1)
		_, err := bankfile.ReadAll(strings.NewReader(line + "\n"))
		require.Equal(t, ok, err == nil, "%d bytes", len(line))
	}
}

func TestWriteRefusesWhatReadWould(t *testing.T) {
	t.Parallel()
	nan := record("x:2")
	nan.Parameters.A = math.NaN()
	for name, second := range map[string]bankfile.Record{"same reference": record("x:1"), "not a number": nan, "empty": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var file bytes.Buffer
			var at *bankfile.LineError
			require.ErrorAs(t, bankfile.Write(&file, []bankfile.Record{record("x:1"), second}), &at)
			require.Equal(t, 2, at.Line)
			require.Zero(t, file.Len(), "nothing is written")
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(strings.Replace(good, "1 + 1", `\ud800 \u0000 \\n`, 1)))
	f.Add([]byte("{\"options\":[null,{\"id\":{}}]}\n\n{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var kept []bankfile.Record
		for r, err := range bankfile.Read(bytes.NewReader(data)) {
			if err == nil {
				kept = append(kept, r)
			}
		}
		var file bytes.Buffer
		require.NoError(t, bankfile.Write(&file, kept), "what is read can be written")
		again, err := bankfile.ReadAll(&file)
		require.NoError(t, err)
		require.Equal(t, kept, again)
	})
}
