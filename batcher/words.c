#include "batcher/words.h"

#include <assert.h>
#include <string.h>

#include "lib/text.h"

/* clang-format off */
static const char list[WORDS][8] = {
	"abacus", "academy", "accent", "acorn", "acrobat", "actor", "admiral",
	"adobe", "adult", "advice", "aerial", "agenda", "airport", "alarm",
	"album", "alcove", "algebra", "almanac", "almond", "alpaca", "alpine",
	"amaze", "amber", "anagram", "anchor", "animal", "ankle", "annual",
	"answer", "antique", "antler", "anvil", "apple", "apricot", "aquatic",
	"arcade", "archer", "arena", "arrow", "artist", "asphalt", "athlete",
	"atlas", "attic", "auburn", "august", "author", "autumn", "avenue",
	"aviator", "avocado", "awake", "axiom", "axle", "azure", "baboon",
	"bacon", "badge", "bagel", "baggage", "bagpipe", "bakery", "balcony",
	"balloon", "bamboo", "banana", "bandage", "banjo", "banner", "banquet",
	"barber", "bargain", "barley", "barrel", "basil", "basket", "bathtub",
	"battery", "bazaar", "beaver", "bedroom", "beetle", "belfry", "bellows",
	"bench", "benefit", "beret", "bicycle", "biology", "biplane", "birch",
	"biscuit", "bistro", "blanket", "blazer", "blender", "blossom", "blouse",
	"board", "boat", "bonfire", "bonus", "book", "booth", "bottle",
	"bouquet", "bowling", "boxer", "bracket", "bramble", "branch", "brass",
	"bravo", "breeze", "brick", "bridge", "bright", "brisket", "bronze",
	"broom", "brother", "brown", "brush", "bubble", "bucket", "budgie",
	"buffalo", "bugle", "builder", "bulb", "bundle", "bungee", "butter",
	"buzzard", "cabaret", "cabbage", "cabin", "cactus", "cadet", "calcium",
	"calico", "camel", "campus", "canal", "candle", "canoe", "canteen",
	"canvas", "canyon", "capital", "captain", "caravan", "carbon", "cargo",
	"carpet", "carrot", "cartoon", "cascade", "castle", "cavern", "cavity",
	"cedar", "celery", "cello", "century", "ceramic", "chalk", "channel",
	"chapel", "chariot", "cheese", "chemist", "cherry", "chess", "chicken",
	"chimney", "chisel", "chorus", "chowder", "chrome", "chuckle", "chutney",
	"cinema", "circus", "citizen", "citrus", "classic", "clay", "climb",
	"clinic", "clock", "clover", "clown", "club", "cluster", "cobalt",
	"cobra", "coconut", "code", "codfish", "coffee", "coin", "colony",
	"column", "comb", "comet", "comfort", "company", "concert", "condor",
	"confirm", "connect", "contain", "cookie", "cooler", "copper", "coral",
	"corner", "cosmos", "cottage", "country", "couple", "courage", "cowboy",
	"coyote", "crab", "cradle", "crater", "crayon", "credit", "creek",
	"crevice", "cricket", "crimson", "crocus", "crumble", "crunch", "crystal",
	"cuckoo", "culture", "curator", "curry", "curtain", "cushion", "custom",
	"cutlass", "cyclone", "daisy", "damson", "dance", "dazzle", "decade",
	"decimal", "decoy", "delta", "deluxe", "denim", "dentist", "depot",
	"deputy", "derby", "desert", "design", "diagram", "diamond", "diary",
	"diesel", "digger", "dignity", "dinghy", "dinner", "diploma", "direct",
	"disco", "doctor", "dollar", "dolphin", "domino", "donate", "donkey",
	"double", "dozen", "dragon", "drama", "drapery", "dream", "drink",
	"drizzle", "drum", "duchess", "dugong", "dustbin", "duvet", "dynamo",
	"eagle", "early", "ebony", "echo", "eclipse", "ecology", "editor",
	"elastic", "elbow", "elder", "elegant", "elevate", "elk", "embassy",
	"emblem", "emerald", "emotion", "emperor", "enamel", "enclave", "encore",
	"endless", "engine", "envoy", "epic", "episode", "epoch", "equator",
	"escape", "escort", "essence", "estate", "estuary", "evening", "expert",
	"explain", "express", "extra", "eyebrow", "eyelash", "fabric", "facet",
	"factory", "fairy", "falcon", "family", "fancy", "fanfare", "farmer",
	"ferry", "fiction", "fiddle", "field", "fifteen", "filter", "final",
	"finger", "finish", "fire", "fish", "fitness", "fixture", "fizzy",
	"flag", "flame", "flannel", "flicker", "fluffy", "focus", "foggy",
	"folder", "follow", "forest", "formula", "fortune", "fossil", "foundry",
	"fox", "fragile", "freckle", "freedom", "fresco", "friday", "frigate",
	"fringe", "frisbee", "frog", "frolic", "frozen", "fruit", "fudge",
	"furnace", "future", "gadget", "galaxy", "gallop", "garage", "garden",
	"garlic", "garment", "garnet", "gateway", "gazebo", "gecko", "genius",
	"gentle", "gerbil", "giant", "gift", "giggle", "giraffe", "girder",
	"gizmo", "glacier", "glass", "glitter", "globe", "glory", "glucose",
	"goblet", "goggles", "golden", "golf", "gondola", "goose", "gopher",
	"gourmet", "granite", "grape", "gravel", "grocery", "grotto", "guava",
	"guitar", "gumboot", "gumdrop", "gusto", "gymnast", "gypsum", "haddock",
	"hairpin", "hallway", "halo", "hammer", "hamster", "happy", "harmony",
	"harvest", "hatbox", "hatchet", "hazel", "helium", "helmet", "helper",
	"herald", "heron", "herring", "hexagon", "hickory", "highway", "hilltop",
	"hippo", "history", "hobby", "holiday", "honey", "horizon", "hornet",
	"hundred", "hunter", "hybrid", "hydrant", "hyphen", "iceberg", "icicle",
	"igloo", "ignite", "iguana", "imagine", "improve", "indoor", "inhabit",
	"inkwell", "insect", "instant", "invent", "iris", "ivory", "ivy",
	"jacket", "jaguar", "jam", "january", "jasmine", "javelin", "jazz",
	"jelly", "jewel", "jigsaw", "jockey", "jogger", "journey", "jubilee",
	"judo", "jukebox", "jumper", "jungle", "junior", "jury", "justice",
	"karate", "kayak", "ketchup", "kettle", "kimono", "kingdom", "kitchen",
	"kiwi", "knuckle", "koala", "kumquat", "ladder", "lagoon", "lake",
	"lamp", "lantern", "laptop", "lasagna", "laser", "lasso", "laundry",
	"lava", "lawyer", "leather", "lecture", "ledger", "legend", "lemon",
	"lentil", "leopard", "letter", "library", "lilac", "lily", "lion",
	"liquid", "lizard", "lobster", "lofty", "logo", "lotus", "luggage",
	"lullaby", "lumber", "lunar", "lunch", "lychee", "lyric", "machine",
	"magic", "magnet", "magpie", "mailbox", "majesty", "mammoth", "mango",
	"mansion", "mantis", "maple", "marble", "march", "market", "marmot",
	"maroon", "marvel", "matinee", "matrix", "meadow", "meerkat", "melody",
	"memory", "menu", "mercury", "merit", "mermaid", "meteor", "method",
	"metric", "milk", "mimic", "mineral", "minus", "miracle", "mirror",
	"mission", "mitten", "mobile", "model", "module", "moment", "monday",
	"morsel", "mosaic", "motto", "movie", "muffin", "mural", "muscle",
	"museum", "music", "mystery", "napkin", "narrate", "nature", "nebula",
	"nectar", "needle", "nephew", "neutron", "nickel", "nifty", "nine",
	"nomad", "noodle", "normal", "north", "nostril", "nozzle", "nugget",
	"nursery", "nutmeg", "nylon", "oatmeal", "obelisk", "oboe", "observe",
	"ocean", "octagon", "october", "office", "olive", "onion", "onward",
	"onyx", "opal", "opera", "opinion", "oracle", "orange", "orator",
	"orbit", "orchard", "oregano", "organ", "osprey", "ostrich", "otter",
	"outfit", "ovation", "oven", "oxide", "oxygen", "oyster", "ozone",
	"package", "padlock", "pagoda", "paint", "pamper", "pancake", "panda",
	"panel", "panther", "papaya", "parent", "parish", "parsley", "pasta",
	"patio", "pattern", "peach", "peanut", "pebble", "pedal", "pelican",
	"penalty", "pencil", "penguin", "pepper", "petrol", "pewter", "phantom",
	"phoenix", "piano", "pickle", "picnic", "picture", "piglet", "pilgrim",
	"pillow", "pioneer", "pirate", "pivot", "pixel", "pizza", "planet",
	"plaza", "pliers", "plumage", "plywood", "podcast", "poetry", "pollen",
	"poncho", "pony", "popcorn", "poplar", "poppy", "portal", "potato",
	"pottery", "powder", "prairie", "prawn", "present", "pretzel", "printer",
	"produce", "profile", "project", "pulley", "pulpit", "pumpkin", "puppet",
	"purple", "putty", "puzzle", "pyramid", "python", "quantum", "queen",
	"quiver", "quiz", "quote", "rabbit", "raccoon", "radar", "radio",
	"raft", "rainbow", "raisin", "rapport", "raven", "ravine", "recipe",
	"record", "refresh", "regatta", "region", "relic", "remedy", "remote",
	"reptile", "request", "rescue", "resin", "respect", "retina", "reunion",
	"reward", "rhino", "rhombus", "rhubarb", "ribbon", "rice", "ripple",
	"river", "robin", "robot", "rocket", "rodeo", "romance", "rooster",
	"rosette", "rotunda", "rubber", "ruby", "rudder", "ruler", "rustic",
	"saddle", "safari", "saffron", "sailor", "salad", "salvage", "samosa",
	"sandal", "sapling", "sardine", "satchel", "satin", "saucer", "sauna",
	"sausage", "scallop", "scarlet", "school", "science", "scooter", "script",
	"scuba", "seafood", "season", "sedan", "senator", "senior", "sequin",
	"serpent", "seventy", "shadow", "shallot", "shampoo", "shelter", "sheriff",
	"shield", "shovel", "shower", "shrimp", "sidecar", "silence", "silver",
	"siphon", "siren", "sister", "sketch", "skirt", "skunk", "sleeve",
	"slipper", "slogan", "smile", "smooth", "snail", "snorkel", "soccer",
	"soda", "sodium", "solar", "soldier", "sonata", "soprano", "soup",
	"soybean", "spaniel", "spatula", "speaker", "special", "sphere", "spider",
	"spinach", "spiral", "splash", "sponge", "spoon", "spring", "sprout",
	"spruce", "squash", "squeak", "squid", "stamina", "stereo", "steward",
	"sticker", "stirrup", "stitch", "strudel", "studio", "sturdy", "style",
	"subway", "sugar", "summer", "sunday", "sunset", "surface", "surgeon",
	"survey", "swallow", "swan", "sweater", "swerve", "swimmer", "swivel",
	"symbol", "symptom", "syringe", "syrup", "system", "tabby", "tablet",
	"tackle", "tactic", "tadpole", "tandem", "taper", "taxi", "teacher",
	"teapot", "teddy", "temple", "texture", "theory", "thermos", "thimble",
	"thistle", "thumb", "thunder", "tiara", "ticket", "tiger", "timber",
	"tinsel", "toast", "tofu", "token", "tongue", "tonic", "toolbox",
	"topaz", "torch", "tornado", "totem", "toucan", "tourist", "tractor",
	"traffic", "trellis", "tripod", "triumph", "trolley", "trophy", "trumpet",
	"trunk", "tuesday", "tugboat", "tulip", "tuna", "tundra", "tunnel",
	"turbine", "turkey", "turnip", "turtle", "twelve", "twenty", "typhoon",
	"ukulele", "ultra", "uncle", "unicorn", "uniform", "unique", "unit",
	"update", "uphill", "utensil", "utopia", "valid", "valley", "vanilla",
	"variety", "vector", "vehicle", "velvet", "vendor", "venison", "veranda",
	"verify", "viaduct", "vibrate", "video", "vigil", "village", "vinegar",
	"vintage", "violin", "vista", "vitamin", "vivid", "volcano", "vortex",
	"voyage", "wafer", "waffle", "wagon", "wallet", "walnut", "walrus",
	"waltz", "warrior", "weasel", "wedding", "weekend", "welcome", "western",
	"whisper", "widget", "wildcat", "window", "winter", "wisdom", "wombat",
	"wonder", "worker", "wrestle", "yacht", "yellow", "yeoman", "yoga",
	"yogurt", "yoyo", "zebra", "zenith", "zero", "zigzag", "zipper",
	"zither", "zodiac",
};
/* clang-format on */

const char *
word(unsigned i)
{
	assert(i < WORDS);
	return list[i];
}

void
words_add(struct buf *out, struct view bits, unsigned n)
{
	uint32_t have = 0;
	unsigned left = 0;
	size_t at = 0;

	assert(n <= bits.len * 8 / WORD_BITS);
	for (unsigned i = 0; i < n; i++) {
		for (; left < WORD_BITS; left += 8)
			have = have << 8 | bits.p[at++];
		left -= WORD_BITS;
		if (i > 0)
			buf_addc(out, ' ');
		buf_adds(out, word(have >> left & (WORDS - 1)));
	}
}

/* The word that begins so: its first four letters name it. */
static bool
find(struct view v, unsigned *out)
{
	char low[8] = { 0 };

	if (v.len < 3 || v.len > 7)
		return false;
	for (size_t i = 0; i < v.len; i++)
		low[i] = (char)text_lower(v.p[i]);
	for (unsigned i = 0; i < WORDS; i++)
		if (strncmp(list[i], low, v.len < 4 ? 8 : v.len) == 0) {
			*out = i;
			return true;
		}
	return false;
}

enum err
words_read(struct view text, unsigned n, unsigned char *bits)
{
	struct view one;
	uint32_t have = 0;
	unsigned left = 0, at = 0, value;

	assert(n % 4 == 0);
	for (unsigned i = 0; i < n; i++) {
		if (!text_word(&text, &one) || !find(one, &value))
			return ERR_SYNTAX;
		have = have << WORD_BITS | value;
		for (left += WORD_BITS; left >= 8; left -= 8)
			bits[at++] = (unsigned char)(have >> (left - 8));
	}
	return text_word(&text, &one) ? ERR_SYNTAX : ERR_OK;
}
