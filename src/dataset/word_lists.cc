// The words themselves. In each list those in ASCII come first, as WordList says; the order and number of entries decide what a
// seed makes.
#include "dataset/texts.h"

#include <algorithm>

namespace assay::dataset {
namespace {

constexpr std::string_view kFirstNames[] = {
    "Aaron", "Abigail",  "Adam",   "Alice", "Amina", "Andrea",  "Anna",  "Arthur",  "Ben",   "Carla", "Carlos",
    "Chen",  "Clara",    "Daniel", "David", "Diana", "Elena",   "Eli",   "Emma",    "Erik",  "Eva",   "Felix",
    "Fiona", "Frank",    "Grace",  "Hana",  "Hugo",  "Ibrahim", "Ines",  "Ivan",    "Jack",  "James", "Jana",
    "John",  "Julia",    "Kim",    "Laura", "Lena",  "Leo",     "Linh",  "Lucas",   "Maria", "Mark",  "Marta",
    "Max",   "Mei",      "Mila",   "Nadia", "Nina",  "Noah",    "Olga",  "Oliver",  "Omar",  "Paul",  "Petra",
    "Priya", "Rosa",     "Ruth",   "Sam",   "Sara",  "Simon",   "Sofia", "Thomas",  "Vera",  "André", "Björn",
    "Chloé", "François", "Gül",    "Håkon", "Íris",  "Jürgen",  "José",  "Łukasz",  "Māra",  "Núria", "Øystein",
    "Renée", "Søren",    "Şule",   "Tomáš", "Zoë",   "Αλέξης",  "Ελένη", "Дмитрий", "Ольга", "דוד",   "محمد",
    "अनिता", "さくら",   "健太",   "美咲",  "小明",  "伟",      "민준",  "서연"};
constexpr std::string_view kLastNames[] = {
    "Adams",      "Ahmed",     "Andersen",  "Baker",  "Bauer",  "Berg",         "Bianchi",      "Brown",
    "Carter",     "Clark",     "Cohen",     "Costa",  "Dubois", "Evans",        "Fischer",      "Garcia",
    "Green",      "Gupta",     "Haas",      "Hall",   "Hansen", "Harris",       "Hill",         "Ivanov",
    "Jackson",    "Jensen",    "Johnson",   "Jones",  "Khan",   "King",         "Kumar",        "Larsen",
    "Lee",        "Lewis",     "Lopez",     "Martin", "Meyer",  "Miller",       "Moore",        "Nguyen",
    "Novak",      "Olsen",     "Park",      "Patel",  "Perez",  "Petrov",       "Popov",        "Rossi",
    "Sato",       "Schmidt",   "Silva",     "Singh",  "Smith",  "Taylor",       "Torres",       "Tran",
    "Turner",     "Walker",    "Wang",      "Weber",  "White",  "Wilson",       "Wood",         "Young",
    "Ångström",   "Brontë",    "Çelik",     "Díaz",   "Dvořák", "Fernández",    "García-López", "Grün",
    "Hämäläinen", "Kovačević", "Lindström", "Müller", "Muñoz",  "Nagyné",       "O’Neill",      "Pérez",
    "Şahin",      "Schröder",  "Sjöberg",   "Tóth",   "Wójcik", "Παπαδόπουλος", "Кузнецова",    "Шевченко",
    "לוי",        "الحسن",     "शर्मा",      "佐藤",   "鈴木",   "李",           "张",           "김"};
constexpr std::string_view kCities[] = {
    "Accra",    "Amsterdam", "Athens",  "Austin",    "Bangkok",   "Berlin",  "Boston",  "Brussels", "Cairo",
    "Chicago",  "Dakar",     "Delhi",   "Dublin",    "Geneva",    "Hamburg", "Hanoi",   "Helsinki", "Istanbul",
    "Jakarta",  "Kyoto",     "Lagos",   "Lima",      "Lisbon",    "London",  "Madrid",  "Manila",   "Milan",
    "Montreal", "Nairobi",   "Oslo",    "Paris",     "Porto",     "Prague",  "Rome",    "Seoul",    "Sydney",
    "Tallinn",  "Toronto",   "Vienna",  "Warsaw",    "Ålesund",   "Bogotá",  "Córdoba", "Göteborg", "Kraków",
    "Málaga",   "Malmö",     "München", "Reykjavík", "São Paulo", "Zürich",  "Αθήνα",   "Київ",     "София",
    "القاهرة",  "東京",      "北京",    "서울"};
constexpr std::string_view kCountries[] = {
    "Argentina",     "Australia",   "Austria",       "Belgium", "Brazil",      "Canada",   "Chile",
    "China",         "Colombia",    "Denmark",       "Egypt",   "Estonia",     "Finland",  "France",
    "Germany",       "Ghana",       "Greece",        "Hungary", "Iceland",     "India",    "Indonesia",
    "Ireland",       "Italy",       "Japan",         "Kenya",   "Mexico",      "Morocco",  "Netherlands",
    "New Zealand",   "Nigeria",     "Norway",        "Peru",    "Poland",      "Portugal", "Senegal",
    "South Africa",  "South Korea", "Spain",         "Sweden",  "Switzerland", "Thailand", "United Kingdom",
    "United States", "Vietnam",     "Côte d’Ivoire", "Curaçao", "Réunion",     "Türkiye"};
constexpr std::string_view kStreets[] = {"Abbey Road",      "Beech Street",      "Bridge Street",    "Castle Hill",
                                         "Cedar Lane",      "Church Road",       "Elm Street",       "Fountain Square",
                                         "Garden Street",   "Harbour Street",    "High Street",      "Hill Road",
                                         "Lake Avenue",     "Main Street",       "Maple Avenue",     "Market Square",
                                         "Meadow Lane",     "Mill Road",         "Oak Street",       "Park Avenue",
                                         "Pine Street",     "Queen Street",      "River Road",       "School Lane",
                                         "Spring Street",   "Station Road",      "Sunset Boulevard", "Valley Road",
                                         "Victoria Street", "Water Street",      "West Street",      "Willow Way",
                                         "Ålgatan",         "Avenida de España", "Große Straße",     "Hôtel de Ville",
                                         "Karl-Müller-Weg", "Ночная улица",      "中山路",           "桜通り"};
constexpr std::string_view kVocabulary[] = {
    "able",   "about",   "above",  "across", "after",  "again",  "almost",  "along",   "amber",    "among",  "apple",
    "april",  "arrow",   "autumn", "azure",  "basin",  "beach",  "before",  "below",   "beside",   "birch",  "bird",
    "black",  "blue",    "boat",   "book",   "bread",  "bridge", "bright",  "bring",   "broad",    "brown",  "build",
    "canal",  "candle",  "castle", "cedar",  "chain",  "chair",  "city",    "clear",   "cloud",    "coast",  "cold",
    "copper", "coral",   "corner", "count",  "crane",  "cream",  "dark",    "dawn",    "deep",     "delta",  "desert",
    "dream",  "drift",   "early",  "earth",  "east",   "echo",   "ember",   "empty",   "evening",  "every",  "falcon",
    "farm",   "feather", "fern",   "field",  "fire",   "flint",  "flower",  "forest",  "frost",    "garden", "gentle",
    "glass",  "gold",    "grain",  "grass",  "green",  "harbor", "hazel",   "heart",   "heron",    "hill",   "honey",
    "house",  "ice",     "indigo", "iron",   "island", "ivory",  "jade",    "juniper", "kind",     "lake",   "lamp",
    "large",  "leaf",    "lemon",  "light",  "lily",   "linen",  "little",  "long",    "maple",    "marble", "meadow",
    "mild",   "mill",    "mint",   "mirror", "mist",   "moon",   "morning", "moss",    "mountain", "narrow", "night",
    "north",  "oak",     "ocean",  "olive",  "open",   "orange", "paper",   "path",    "pebble",   "pine",   "plain",
    "plum",   "pond",    "quick",  "quiet",  "rain",   "raven",  "red",     "reed",    "river",    "road",   "rose",
    "round",  "salt",    "sand",   "shade",  "shore",  "silver", "slow",    "small",   "snow",     "soft",   "south",
    "spring", "star",    "stone",  "storm",  "summer", "sun",    "thorn",   "tide",    "timber",   "tower",  "valley",
    "velvet", "violet",  "warm",   "water",  "west",   "wheat",  "white",   "wide",    "willow",   "wind",   "winter",
    "wood",   "yellow",  "zephyr", "café",   "déjà",   "fjærd",  "naïve",   "piñata",  "smörgås",  "übung",  "żółty",
    "ёлка",   "мир",     "λόγος",  "शांति",   "さくら", "雪山",   "바다",    "🌊",       "🎉",        "🦊"};

template <std::size_t N>
WordList list_of(const std::string_view (&words)[N]) {
  const auto beyond = [](std::string_view word) {
    return std::any_of(word.begin(), word.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  };
  return {words,
          static_cast<std::size_t>(std::find_if(std::begin(words), std::end(words), beyond) - std::begin(words))};
}

}  // namespace

const WordList& first_names() {
  static const WordList list = list_of(kFirstNames);
  return list;
}
const WordList& last_names() {
  static const WordList list = list_of(kLastNames);
  return list;
}
const WordList& cities() {
  static const WordList list = list_of(kCities);
  return list;
}
const WordList& countries() {
  static const WordList list = list_of(kCountries);
  return list;
}
const WordList& streets() {
  static const WordList list = list_of(kStreets);
  return list;
}
const WordList& vocabulary() {
  static const WordList list = list_of(kVocabulary);
  return list;
}

}  // namespace assay::dataset
