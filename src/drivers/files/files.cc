#include "drivers/files/files.h"

#include "base/error.h"
#include "core/url.h"
#include "drivers/files/failure.h"
#include "drivers/files/session.h"

#include <fmt/format.h>
#include <sys/vfs.h>

#include <cerrno>
#include <vector>

namespace assay {
namespace files {
namespace {

const std::vector<OptionSpec>& options_table() {
  static const std::vector<OptionSpec> table = {
      {.name = "sync",
       .type = OptionType::flag,
       .default_value = "true",
       .help = "each batch waits for the disk; without, what was written last may be lost in a power cut, and what was "
               "written by a process that was killed may not"},
  };
  return table;
}

/// `csv:out` is relative to the working directory, `csv:/data/out` and `csv:///data/out` are absolute.
std::string directory_of(const Url& url, std::string_view scheme) {
  std::string_view rest = url.rest;
  if (url.scheme != scheme)
    throw Error(fmt::format("'{}:{}' is no directory of {} files; expected for example {}:out", url.scheme, rest,
                            scheme, scheme));
  if (rest.starts_with("///"))
    rest.remove_prefix(2);
  else if (rest.starts_with("//"))
    throw Error(fmt::format("{}:{}: a directory is on no host; write {}:{} for a path relative to here, or {}:/{}",
                            scheme, rest, scheme, rest.substr(2), scheme, rest.substr(2)));
  std::string path = percent_decoded(rest);
  if (path.empty()) throw Error(fmt::format("'{}:' names no directory; expected for example {}:out", scheme, scheme));
  if (path.find('\0') != std::string::npos) throw Error(fmt::format("{}:{}: no path holds %00", scheme, rest));
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

Settings settings_of(const TargetSpec& spec, const Format& format) {
  const Url url = parse_url(spec.url);
  std::string path = directory_of(url, format.name());
  Options options(options_table());
  options.set_all({url.query.begin(), url.query.end()});
  for (const OptionSpec& given : spec.options.table()) {
    if (!spec.options.given(given.name)) continue;
    const std::string text = spec.options.text(given.name);
    if (options.given(given.name) && options.text(given.name) != text)
      throw Error(fmt::format("{} is {} in the URL and {} as an option; give it once", given.name,
                              options.text(given.name), text));
    options.set(given.name, text);
  }
  return {.path = std::move(path),
          .format = &format,
          .sync = options.flag("sync"),
          .must_write = spec.may_create,
          .operation_timeout = spec.operation_timeout};
}

/// By the magic numbers of statfs(2); those that are common.
std::string file_system_name(long type) {
  constexpr std::pair<long, std::string_view> kKnown[] = {
      {0x01021994, "tmpfs"}, {0xef53, "ext4"},        {0x58465342, "xfs"}, {0x9123683e, "btrfs"},
      {0x6969, "nfs"},       {0x794c7630, "overlay"}, {0x2fc12fc1, "zfs"}, {0x65735546, "fuse"}};
  for (const auto& [number, name] : kKnown)
    if (number == type) return std::string(name);
  return fmt::format("{:#x}", static_cast<unsigned long>(type));
}

class FilesTarget final : public Target {
 public:
  explicit FilesTarget(Settings settings) : tables_(std::make_shared<Tables>(std::move(settings))) {}

  Result<std::unique_ptr<Session>> connect() override {
    if (Result<> there = tables_->look(); !there) return tl::unexpected(std::move(there.error()));
    return std::make_unique<FilesSession>(tables_);
  }
  Result<ServerFacts> facts() override {
    if (Result<> there = tables_->look(); !there) return tl::unexpected(std::move(there.error()));
    const Settings& settings = tables_->settings();
    struct statfs disk {};
    if (::statfs(settings.path.c_str(), &disk) != 0) return io_failure("looking at", settings.path, errno);
    const bool csv = settings.format == &csv_format();
    return ServerFacts{.server = csv ? "CSV files" : "JSON Lines files",
                       .version = csv ? "RFC 4180" : "RFC 8259",
                       .settings = {{"sync", settings.sync ? "true" : "false"},
                                    {"file_system", file_system_name(static_cast<long>(disk.f_type))}}};
  }

 private:
  const std::shared_ptr<Tables> tables_;
};

class FilesDriver final : public Driver {
 public:
  FilesDriver(const Format& format, std::string_view summary, std::string_view example)
      : format_(format),
        info_{.name = format.name(),
              .summary = summary,
              .schemes = {format.name()},
              .example = example,
              .facets = {Facet::rows},
              .waiting = Waiting::thread,
              .options = options_table()} {}

  const DriverInfo& info() const noexcept override { return info_; }
  std::unique_ptr<Target> open(const TargetSpec& spec) const override {
    return std::make_unique<FilesTarget>(settings_of(spec, format_));
  }

 private:
  const Format& format_;
  const DriverInfo info_;
};

}  // namespace
}  // namespace files

const Driver& csv_driver() {
  static const files::FilesDriver driver(files::csv_format(), "CSV files (RFC 4180) in a directory, one for each table",
                                         "csv:out");
  return driver;
}

const Driver& jsonl_driver() {
  static const files::FilesDriver driver(files::jsonl_format(), "JSON Lines files in a directory, one for each table",
                                         "jsonl:out");
  return driver;
}

}  // namespace assay
