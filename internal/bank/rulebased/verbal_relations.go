package rulebased

import "github.com/aiqhq/aiq/internal/vocab"

// relations are the curated relations of the analogies, within a level the
// plainest first.
func relations() []relation {
	return []relation{
		{vocab.Easy, "{a1} grows up to be {a2}", []wordPair{
			{"kitten", "cat", [4]string{"mouse", "dog", "whisker", "tail"}},
			{"puppy", "dog", [4]string{"cat", "bone", "leash", "tail"}},
			{"calf", "cow", [4]string{"sheep", "barn", "milk", "hoof"}},
			{"lamb", "sheep", [4]string{"goat", "wool", "meadow", "cow"}},
			{"foal", "horse", [4]string{"cow", "saddle", "rider", "stable"}},
			{"duckling", "duck", [4]string{"goose", "hen", "pond", "feather"}},
			{"tadpole", "frog", [4]string{"fish", "pond", "lizard", "lily"}},
			{"caterpillar", "butterfly", [4]string{"spider", "leaf", "beetle", "wing"}},
		}},
		{vocab.Easy, "{a1} is used to {2}", []wordPair{
			{"knife", "cut", [4]string{"stir", "pour", "boil", "taste"}},
			{"pen", "write", [4]string{"read", "fold", "think", "erase"}},
			{"broom", "sweep", [4]string{"paint", "fold", "rinse", "iron"}},
			{"oven", "bake", [4]string{"eat", "cool", "chop", "mix"}},
			{"shovel", "dig", [4]string{"grow", "water", "pick", "climb"}},
			{"needle", "sew", [4]string{"wear", "wash", "iron", "fold"}},
			{"scale", "weigh", [4]string{"cook", "pack", "sell", "carry"}},
		}},
		{vocab.Easy, "{a1} lives in {a2}", []wordPair{
			{"bee", "hive", [4]string{"flower", "honey", "sting", "wing"}},
			{"bird", "nest", [4]string{"feather", "song", "egg", "beak"}},
			{"spider", "web", [4]string{"thread", "fly", "leg", "insect"}},
			{"rabbit", "burrow", [4]string{"carrot", "tail", "whisker", "ear"}},
			{"bear", "den", [4]string{"claw", "winter", "paw", "hunter"}},
			{"horse", "stable", [4]string{"saddle", "rider", "mane", "race"}},
		}},
		{vocab.Medium, "{a1} belongs to {a2}", []wordPair{
			{"wolf", "pack", [4]string{"den", "howl", "fang", "cub"}},
			{"sheep", "flock", [4]string{"shepherd", "lamb", "pasture", "fleece"}},
			{"fish", "school", [4]string{"fin", "net", "scale", "hook"}},
			{"lion", "pride", [4]string{"mane", "roar", "claw", "hunt"}},
			{"singer", "choir", [4]string{"song", "voice", "microphone", "melody"}},
			{"player", "team", [4]string{"ball", "goal", "stadium", "whistle"}},
			{"ship", "fleet", [4]string{"sailor", "anchor", "deck", "voyage"}},
		}},
		{vocab.Medium, "{a1} is part of {a2}", []wordPair{
			{"petal", "flower", [4]string{"bee", "scent", "vase", "stem"}},
			{"string", "guitar", [4]string{"drum", "singer", "song", "concert"}},
			{"wing", "airplane", [4]string{"pilot", "airport", "cloud", "ticket"}},
			{"branch", "tree", [4]string{"shade", "bird", "soil", "fruit"}},
			{"chapter", "novel", [4]string{"author", "library", "reader", "bookmark"}},
			{"toe", "foot", [4]string{"shoe", "finger", "ankle", "sock"}},
			{"scene", "play", [4]string{"actor", "theater", "ticket", "applause"}},
		}},
		{vocab.Medium, "{a1} measures {2}", []wordPair{
			{"thermometer", "temperature", [4]string{"fever", "mercury", "summer", "glass"}},
			{"clock", "time", [4]string{"alarm", "tower", "hand", "wall"}},
			{"ruler", "length", [4]string{"pencil", "line", "school", "wood"}},
			{"speedometer", "speed", [4]string{"engine", "road", "driver", "fuel"}},
			{"odometer", "distance", [4]string{"engine", "tire", "driver", "garage"}},
			{"scale", "weight", [4]string{"kitchen", "diet", "metal", "market"}},
		}},
		{vocab.Medium, "the typical tool of {a1} is {a2}", []wordPair{
			{"surgeon", "scalpel", [4]string{"hospital", "patient", "fever", "diploma"}},
			{"photographer", "camera", [4]string{"portrait", "album", "gallery", "frame"}},
			{"lumberjack", "axe", [4]string{"forest", "timber", "cabin", "sawdust"}},
			{"conductor", "baton", [4]string{"orchestra", "melody", "concert", "stage"}},
			{"sculptor", "chisel", [4]string{"statue", "marble", "museum", "pedestal"}},
			{"astronomer", "telescope", [4]string{"planet", "galaxy", "comet", "orbit"}},
		}},
		{vocab.Hard, "{a1} creates {a2}", []wordPair{
			{"composer", "symphony", [4]string{"orchestra", "violin", "musician", "audience"}},
			{"playwright", "drama", [4]string{"actor", "stage", "theater", "applause"}},
			{"choreographer", "dance", [4]string{"dancer", "stage", "music", "costume"}},
			{"cartographer", "map", [4]string{"compass", "ocean", "explorer", "journey"}},
			{"legislator", "law", [4]string{"court", "judge", "lawyer", "prison"}},
			{"blacksmith", "horseshoe", [4]string{"horse", "hammer", "forge", "anvil"}},
		}},
		{vocab.Hard, "{2} is a stronger word than {1}", []wordPair{
			{"tired", "exhausted", [4]string{"lazy", "rested", "bored", "restless"}},
			{"hungry", "starving", [4]string{"thirsty", "full", "thin", "greedy"}},
			{"surprised", "astonished", [4]string{"curious", "pleased", "calm", "confused"}},
			{"damp", "drenched", [4]string{"dry", "cloudy", "slippery", "muddy"}},
			{"angry", "furious", [4]string{"calm", "annoyed", "guilty", "jealous"}},
			{"funny", "hilarious", [4]string{"serious", "clever", "cheerful", "friendly"}},
			{"cold", "freezing", [4]string{"cool", "windy", "warm", "snowy"}},
		}},
		{vocab.Hard, "{1} is the study of {2}", []wordPair{
			{"botany", "plants", [4]string{"animals", "weather", "medicines", "metals"}},
			{"ornithology", "birds", [4]string{"insects", "bones", "ornaments", "fish"}},
			{"geology", "rocks", [4]string{"maps", "stars", "cities", "plants"}},
			{"meteorology", "weather", [4]string{"meteors", "metals", "measurement", "medicine"}},
			{"entomology", "insects", [4]string{"words", "birds", "teeth", "tombs"}},
			{"linguistics", "language", [4]string{"travel", "thought", "politics", "pottery"}},
			{"seismology", "earthquakes", [4]string{"tides", "storms", "glaciers", "seasons"}},
		}},
		{vocab.Hard, "{1} is a lack of {2}", []wordPair{
			{"famine", "food", [4]string{"hunger", "harvest", "farmers", "thirst"}},
			{"drought", "water", [4]string{"desert", "dust", "heat", "summer"}},
			{"insomnia", "sleep", [4]string{"night", "fatigue", "worry", "noise"}},
			{"silence", "sound", [4]string{"peace", "whispering", "secrecy", "solitude"}},
			{"poverty", "wealth", [4]string{"hunger", "crime", "debt", "charity"}},
			{"ignorance", "knowledge", [4]string{"error", "bliss", "rudeness", "neglect"}},
			{"cowardice", "courage", [4]string{"fear", "danger", "retreat", "weakness"}},
			{"darkness", "light", [4]string{"night", "fear", "shadow", "space"}},
		}},
	}
}
