package rulebased

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/aiqhq/aiq/internal/vocab"
)

// oddOneOut makes sets of words of which all but one belong together.
func oddOneOut() Generator {
	return generator{
		kind:  kind{"verbal.odd_one_out", 1, vocab.Verbal, "classification", 1.1},
		draw:  drawOddOneOut,
		solve: solveOddOneOut,
	}
}

const oddQuestion = "Which word does not belong with the others?"

// category is a class of words, with words that come close to it.
type category struct {
	level     vocab.Difficulty
	name      string // in the plural, such as "birds"
	members   []string
	outsiders []string
	load      float64
}

func drawOddOneOut(rng *rand.Rand, level vocab.Difficulty) draft {
	var fitting []category
	for _, c := range categories() {
		if c.level == level {
			fitting = append(fitting, c)
		}
	}
	c := pick(rng, fitting)
	odd := pick(rng, c.outsiders)
	return draft{
		text:        oddQuestion,
		answer:      odd,
		mistakes:    sample(rng, c.members, 4),
		explanation: fmt.Sprintf("The others are %s; “%s” is not one of them.", c.name, odd),
		theme:       c.name,
		load:        c.load,
	}
}

// solveOddOneOut looks through all categories for those that hold every option
// but one.
func solveOddOneOut(v View) (verdict, error) {
	if v.Text != oddQuestion {
		return nil, errors.New("no odd word is asked for")
	}
	odd := map[string]bool{}
	for _, c := range categories() {
		var outside []string
		for _, o := range v.Options {
			if !slices.Contains(c.members, o.Label) {
				outside = append(outside, o.Label)
			}
		}
		if len(outside) == 1 {
			odd[outside[0]] = true
		}
	}
	return func(label string) bool { return odd[label] }, nil
}

// categories are the curated classes. No outsider belongs to its class in any
// common sense of the word, and no smaller class singles out a member.
func categories() []category {
	return []category{
		{vocab.Easy, "fruits", []string{"apple", "pear", "banana", "cherry", "plum", "peach"}, []string{"carrot", "potato", "spinach"}, 0.1},
		{vocab.Easy, "pieces of clothing", []string{"shirt", "coat", "skirt", "sweater", "jacket", "dress"}, []string{"needle", "closet", "mirror"}, 0.2},
		{vocab.Easy, "pieces of furniture", []string{"chair", "table", "sofa", "desk", "bookcase", "stool"}, []string{"window", "ceiling", "door"}, 0.3},
		{vocab.Easy, "musical instruments", []string{"violin", "trumpet", "flute", "drum", "piano", "guitar"}, []string{"singer", "concert", "dancer"}, 0.5},
		{vocab.Easy, "boats", []string{"canoe", "ferry", "yacht", "kayak", "rowboat", "sailboat"}, []string{"harbor", "bridge", "captain"}, 0.7},
		{vocab.Easy, "birds", []string{"eagle", "robin", "owl", "sparrow", "pigeon", "crow"}, []string{"bat", "butterfly", "bee"}, 0.9},
		{vocab.Medium, "insects", []string{"ant", "beetle", "bee", "mosquito", "wasp", "butterfly"}, []string{"spider", "worm", "snail"}, 0.1},
		{vocab.Medium, "fish", []string{"mackerel", "salmon", "trout", "tuna", "herring", "cod"}, []string{"dolphin", "whale", "seal"}, 0.2},
		{vocab.Medium, "ways of speaking", []string{"whisper", "shout", "mumble", "murmur", "yell", "mutter"}, []string{"listen", "stare", "nod"}, 0.3},
		{vocab.Medium, "metals", []string{"iron", "copper", "gold", "silver", "lead", "tin"}, []string{"glass", "marble", "diamond"}, 0.4},
		{vocab.Medium, "stringed instruments", []string{"violin", "cello", "harp", "guitar", "viola", "banjo"}, []string{"flute", "clarinet", "trumpet"}, 0.5},
		{vocab.Medium, "joints of the body", []string{"elbow", "knee", "shoulder", "wrist", "ankle", "hip"}, []string{"forehead", "stomach", "cheek"}, 0.6},
		{vocab.Medium, "planets", []string{"Mars", "Venus", "Saturn", "Jupiter", "Mercury", "Neptune"}, []string{"Sirius", "Polaris", "Orion"}, 0.7},
		{vocab.Medium, "root vegetables", []string{"carrot", "beet", "radish", "turnip", "parsnip"}, []string{"cabbage", "lettuce", "cucumber"}, 0.8},
		{vocab.Medium, "four-sided figures", []string{"square", "rectangle", "rhombus", "trapezoid", "parallelogram"}, []string{"pentagon", "hexagon", "octagon"}, 0.9},
		{vocab.Hard, "emotions", []string{"anger", "joy", "fear", "grief", "envy", "disgust"}, []string{"honesty", "intelligence", "patience"}, 0.1},
		{vocab.Hard, "kinds of poem", []string{"sonnet", "haiku", "ode", "limerick", "ballad", "elegy"}, []string{"essay", "memoir", "biography"}, 0.2},
		{vocab.Hard, "ways of walking", []string{"stroll", "march", "stride", "amble", "trudge", "saunter"}, []string{"linger", "kneel", "perch"}, 0.3},
		{vocab.Hard, "words for becoming less", []string{"shrink", "dwindle", "diminish", "decrease", "lessen"}, []string{"wander", "scatter", "conceal"}, 0.4},
		{vocab.Hard, "words for “using few words”", []string{"brief", "concise", "terse", "succinct", "pithy"}, []string{"vague", "polite", "eloquent"}, 0.6},
		{vocab.Hard, "words for “unwilling to change one's mind”", []string{"stubborn", "obstinate", "headstrong", "unyielding", "inflexible"}, []string{"impulsive", "arrogant", "reckless"}, 0.7},
		{vocab.Hard, "marsupials", []string{"kangaroo", "koala", "wombat", "opossum", "wallaby"}, []string{"beaver", "hedgehog", "otter"}, 0.8},
		{vocab.Hard, "alloys, mixed from several elements", []string{"bronze", "brass", "steel", "pewter", "amalgam"}, []string{"copper", "zinc", "nickel"}, 0.9},
	}
}
