// The formats of a report, by name: what the command line offers, what each takes, and what comes of it.
//
// A table like those of drivers and workloads: a format is one entry, and nobody else needs to know it. A format answers one
// text for a file or stdout, or several files for a folder. Entries whose library was not there at build time are listed
// with the package that is missing.
#pragma once

#include "results/document.h"
#include "results/render.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// What a format may be asked for beside its name; each is an option of the command line that only some formats take.
struct RenderOptions {
  bool series = false;  // a row for each interval
  bool dark = false;    // colours for a dark ground
  TableStyle table = {};
};

struct ReportFormat {
  std::string_view name;
  std::string_view summary;                    // for the list of formats
  std::vector<std::string_view> options = {};  // of RenderOptions: "series", "dark"
  std::string (*text)(const Document&, const RenderOptions&) = nullptr;
  std::vector<RenderedFile> (*files)(const Document&, const RenderOptions&) = nullptr;  // instead of `text`
  std::string_view missing_package = {};  // what to install before assay is built; then neither is there

  /// How it is sent to a server that collects it, when there are such servers: the method and type of the request, and the
  /// path that is added to a URL without one.
  struct Push {
    std::string_view method, content_type;
    std::string (*path)(const Document&);
  };
  const Push* push = nullptr;

  bool takes(std::string_view option) const;
};

std::span<const ReportFormat> report_formats();
/// Throws Error with the names that there are.
const ReportFormat& find_format(std::string_view name);

}  // namespace assay
