#include "input/node.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <sstream>
#include <unordered_map>

namespace assay::input {
namespace {

constexpr std::size_t kMostLevels = 64;
constexpr std::uint64_t kMostNodes = 1'000'000;

struct Refused {
  Mark mark;
  std::string text;
};

/// What stands in a text that no YAML has: where, and what it is.
std::optional<std::pair<std::size_t, std::string>> no_text(std::string_view text, const Subject& subject) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t more = byte < 0x80                   ? 0
                             : byte >= 0xf0 && byte < 0xf5 ? 3
                             : byte >= 0xe0 && byte < 0xf0 ? 2
                             : byte >= 0xc2 && byte < 0xe0 ? 1
                                                           : 9;
    if (byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t')
      return std::pair{i,
                       fmt::format("the byte 0x{:02x} is no text; expected a {} in YAML or JSON", byte, subject.name)};
    bool good = more != 9 && i + more < text.size();
    for (std::size_t k = 1; good && k <= more; k++) good = (static_cast<unsigned char>(text[i + k]) & 0xc0) == 0x80;
    if (!good)
      return std::pair{
          i, fmt::format("the byte 0x{:02x} begins no character of UTF-8; expected a {} in UTF-8", byte, subject.name)};
    i += more + 1;
  }
  return std::nullopt;
}

/// JSON writes a character beyond U+FFFF as two escapes, which YAML has not: as the character itself. Columns behind it are
/// those of the text that results.
std::string with_whole_characters(std::string_view json) {
  const auto half = [&](std::size_t at, unsigned least) -> unsigned {
    unsigned value = 0;
    if (json.substr(at, 2) != "\\u" || at + 6 > json.size()) return 0;
    const char* const end = json.data() + at + 6;
    const auto [last, error] = std::from_chars(json.data() + at + 2, end, value, 16);
    return error == std::errc() && last == end && value >= least && value < least + 0x400 ? value : 0;
  };
  std::string out;
  for (std::size_t i = 0; i < json.size();) {
    const unsigned high = half(i, 0xd800), low = high == 0 ? 0 : half(i + 6, 0xdc00);
    if (low != 0) {
      const unsigned c = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
      for (const unsigned byte :
           {0xf0 | (c >> 18), 0x80 | ((c >> 12) & 0x3f), 0x80 | ((c >> 6) & 0x3f), 0x80 | (c & 0x3f)})
        out += static_cast<char>(byte);
      i += 12;
    } else {
      const std::size_t length =
          json[i] == '\\' && i + 1 < json.size() ? 2 : 1;  // an escaped backslash escapes nothing
      out += json.substr(i, length);
      i += length;
    }
  }
  return out;
}

Mark mark_at(std::string_view text, std::size_t offset, std::uint32_t file) {
  const std::string_view before = text.substr(0, offset);
  const std::size_t line = before.rfind('\n');
  return {file, static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
          static_cast<int>(offset - (line == std::string_view::npos ? 0 : line + 1)) + 1};
}

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::uint32_t file, const Subject& subject, const Complaint& complain)
      : file_(file), subject_(subject), complain_(complain) {}
  NodePtr root() const { return root_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.mark = place(mark);
    finish(std::move(node), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Refused{place(mark), "an alias inside of what it names; expected one behind it"};
    take(found->second, place(mark));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    require_known(tag, mark);
    Node node;
    node.kind = Node::Kind::scalar;
    node.mark = place(mark);
    node.text = text;
    node.quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    finish(std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
    std::optional<Node::Member> key;  // of a map: waits for its value
    bool again = false;               // the key is of a name that the map has
    std::vector<std::pair<Mark, NodePtr>> merged;
    std::unordered_map<std::string, int> lines;  // of the names
  };

  Mark place(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }

  void require_known(const std::string& tag, const YAML::Mark& mark) const {
    if (tag.empty() || tag == "?" || tag == "!" || tag.starts_with("tag:yaml.org,2002:")) return;
    throw Refused{place(mark), fmt::format("the tag {} has no meaning in a {}", tag, subject_.name)};
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    require_known(tag, mark);
    if (open_.size() >= kMostLevels)
      throw Refused{place(mark), fmt::format("nested deeper than {} levels", kMostLevels)};
    Open next;
    next.node.kind = kind;
    next.node.mark = place(mark);
    next.anchor = anchor;
    open_.push_back(std::move(next));
  }

  void close() {
    Open last = std::move(open_.back());
    open_.pop_back();
    for (const auto& [mark, from] : last.merged) merge(last, mark, *from);
    finish(std::move(last.node), last.anchor);
  }

  static void merge(Open& into, Mark mark, const Node& from) {
    if (from.kind == Node::Kind::list) {
      for (const NodePtr& item : from.items) merge(into, mark, *item);
      return;
    }
    if (from.kind != Node::Kind::map) throw Refused{mark, fmt::format("<< is {}; expected a map", describe(from))};
    for (const Node::Member& member : from.members)
      if (into.lines.emplace(member.name, member.mark.line).second) {
        into.node.weight += member.value->weight;
        into.node.members.push_back(member);
      }
  }

  void finish(Node node, YAML::anchor_t anchor) {
    const Mark mark = node.mark;
    const auto shared = std::make_shared<const Node>(std::move(node));
    if (anchor != 0) anchors_[anchor] = shared;
    take(shared, mark);
  }

  /// A complete node, to where it belongs.
  void take(const NodePtr& node, Mark mark) {
    if (open_.empty()) {
      root_ = node;
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == Node::Kind::list) {
      parent.node.items.push_back(node);
    } else if (!parent.key) {
      if (node->kind != Node::Kind::scalar)
        throw Refused{mark, fmt::format("a name is {}; expected text", describe(*node))};
      parent.key = Node::Member{node->text, mark, nullptr};
      if (node->text == "<<" && !node->quoted) return;  // not among the names: what stands behind it is merged
      const auto [at, fresh] = parent.lines.emplace(node->text, mark.line);
      parent.again = !fresh;
      if (!fresh)
        complain_(mark, fmt::format("'{}' stands here twice; the first is in line {}", node->text, at->second));
      return;
    } else if (parent.key->name == "<<" && parent.lines.find("<<") == parent.lines.end()) {
      parent.merged.emplace_back(mark, node);
      parent.key.reset();
    } else {
      parent.key->value = node;
      if (node->kind == Node::Kind::null) {  // its own place is that of whatever comes next
        Node empty;
        empty.mark = parent.key->mark;
        parent.key->value = std::make_shared<const Node>(std::move(empty));
      }
      (parent.again ? parent.node.again : parent.node.members).push_back(*std::move(parent.key));
      parent.key.reset();
    }
    parent.node.weight += node->weight;
    if (parent.node.weight > kMostNodes)
      throw Refused{mark, fmt::format("more than {} values, with what aliases repeat", kMostNodes)};
  }

  const std::uint32_t file_;
  const Subject& subject_;
  const Complaint& complain_;
  NodePtr root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, NodePtr> anchors_;
};

}  // namespace

NodePtr parse_yaml(std::string_view text, std::uint32_t file, const Subject& subject, const Complaint& complain) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (text.size() > kMostBytes) {
    complain({file, 1, 1}, fmt::format("{} bytes; expected a {} of at most {}", text.size(), subject.name, kMostBytes));
    return nullptr;
  }
  if (const auto wrong = no_text(text, subject)) {
    complain(mark_at(text, wrong->first, file), wrong->second);
    return nullptr;
  }
  try {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    const bool json = first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
    std::istringstream stream(json ? with_whole_characters(text) : std::string(text));
    YAML::Parser parser(stream);
    TreeBuilder tree(file, subject, complain);
    if (!parser.HandleNextDocument(tree) || tree.root() == nullptr || tree.root()->kind == Node::Kind::null) {
      complain({file, 1, 1}, fmt::format("there is nothing in it; expected a {}: {}", subject.name, subject.has));
      return nullptr;
    }
    TreeBuilder second(file, subject, complain);
    if (parser.HandleNextDocument(second)) {
      complain(second.root() == nullptr ? Mark{file, 1, 1} : second.root()->mark,
               fmt::format("a second document; expected one {} in a file{}", subject.name,
                           subject.more.empty() ? "" : fmt::format(", and {} for more", subject.more)));
      return nullptr;
    }
    return tree.root();
  } catch (const Refused& refused) {
    complain(refused.mark, refused.text);
  } catch (const YAML::Exception& error) {
    const bool known = !error.mark.is_null();
    complain({file, known ? error.mark.line + 1 : 1, known ? error.mark.column + 1 : 1},
             fmt::format("no YAML: {}", error.msg));
  }
  return nullptr;
}

}  // namespace assay::input
