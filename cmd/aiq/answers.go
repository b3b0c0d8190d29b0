package main

import (
	"context"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/aiqhq/aiq/internal/worksheet"
)

// answersFile is a table of answers and how to read it.
type answersFile struct {
	File string `arg:"" help:"Table of answers: a row for each person, a column for each item; - reads standard input."`

	Long      bool     `help:"The table has a row for each answer. Found by itself if its columns are called person, item and answer." group:"Table:"`
	ID        string   `help:"Column that names the people. Found by itself if called person, id, examinee, subject, respondent or pattern." placeholder:"COLUMN" group:"Table:"`
	Group     string   `help:"Column that names each person's group. Found by itself if called group." placeholder:"COLUMN" group:"Table:"`
	Count     string   `help:"Column that says how many people gave the row's answers. Found by itself if called count, freq, frequency or weight." placeholder:"COLUMN" group:"Table:"`
	Item      string   `help:"Column of items in a long table. Found by itself if called item or question." placeholder:"COLUMN" group:"Table:"`
	Answer    string   `help:"Column of answers in a long table. Found by itself if called answer, response, option, correct or score." placeholder:"COLUMN" group:"Table:"`
	Items     []string `help:"Columns that are items; all that are nothing else unless given." placeholder:"COLUMN" group:"Table:"`
	Ignore    []string `help:"Columns to be left out." placeholder:"COLUMN" group:"Table:"`
	Separator string   `help:"What separates columns; comma, semicolon and tab are told apart by themselves." placeholder:"CHARACTER" group:"Table:"`

	Key            string   `help:"Key: columns item and key, and n_options or options if answers are to be checked. Without a key answers are 0 or 1." placeholder:"FILE" group:"Answers:"`
	Missing        []string `help:"Cells that mean not administered, as empty ones do." default:"NA" placeholder:"TEXT" group:"Answers:"`
	Omitted        []string `help:"Cells that mean administered and left without an answer, which is wrong." placeholder:"TEXT" group:"Answers:"`
	EmptyOmitted   bool     `help:"Empty cells are omitted, not missing." group:"Answers:"`
	OmittedMissing bool     `help:"Omitted answers are missing, not wrong." group:"Answers:"`
}

// open reads the table. Known are the items that a bank knows, nil for any;
// byOrder matches columns with them by their order.
func (f *answersFile) open(ctx context.Context, t *terminal, known []string, byOrder bool) (*worksheet.Answers, error) {
	layout := worksheet.Layout{
		Long: f.Long, Person: f.ID, Group: f.Group, Count: f.Count, Item: f.Item, Answer: f.Answer,
		Items: f.Items, Ignore: f.Ignore, Known: known, ByOrder: byOrder,
		Missing: f.Missing, Omitted: f.Omitted, EmptyOmitted: f.EmptyOmitted, OmittedMissing: f.OmittedMissing,
	}
	if f.Separator != "" {
		r, size := utf8.DecodeRuneInString(f.Separator)
		if size != len(f.Separator) || r == '"' || r == '\n' || r == '\r' || r == utf8.RuneError {
			return nil, fmt.Errorf("--separator %q: one character is needed", f.Separator)
		}
		layout.Separator = r
	}
	if f.Key != "" {
		err := t.read(f.Key, func(r io.Reader, name string) (err error) {
			layout.Key, err = worksheet.ReadKey(ctx, r, name)
			return err
		})
		if err != nil {
			return nil, err
		}
		if layout.Known == nil {
			layout.Known = layout.Key.Items()
		}
	}
	var answers *worksheet.Answers
	err := t.read(f.File, func(r io.Reader, name string) (err error) {
		answers, err = worksheet.ReadAnswers(ctx, r, name, layout)
		return err
	})
	return answers, err
}

// openBank reads a bank; nil for no name.
func (t *terminal) openBank(ctx context.Context, file string) (*worksheet.Bank, error) {
	if file == "" {
		return nil, nil
	}
	var bank *worksheet.Bank
	err := t.read(file, func(r io.Reader, name string) (err error) {
		bank, err = worksheet.ReadBank(ctx, r, name)
		return err
	})
	return bank, err
}
