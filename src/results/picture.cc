#include "results/picture.h"

#include "base/error.h"
#include "results/report_page.h"

#include <cairo.h>

#include <charconv>
#include <cmath>

namespace assay {
namespace {

constexpr double kFineness = 2;  // for screens with small pixels, and for print

double part(std::string_view color, std::size_t at) {
  unsigned value = 255;
  if (color.size() >= at + 2) std::from_chars(color.data() + at, color.data() + at + 2, value, 16);
  return value / 255.0;
}

cairo_status_t append(void* into, const unsigned char* data, unsigned length) {
  static_cast<std::string*>(into)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

}  // namespace

Palette::Palette(bool dark) {
  for (const ReportColor& color : kReportColors) colors_[color.name] = dark ? color.dark : color.light;
}

struct Picture::Canvas {
  cairo_surface_t* surface;
  cairo_t* cairo;

  Canvas(double width, double height)
      : surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(width * kFineness),
                                           static_cast<int>(height * kFineness))),
        cairo(cairo_create(surface)) {
    require();
    cairo_scale(cairo, kFineness, kFineness);
  }
  ~Canvas() {
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
  }
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;

  void require() const {
    if (const cairo_status_t status = cairo_status(cairo); status != CAIRO_STATUS_SUCCESS)
      throw Error(fmt::format("the picture cannot be drawn: {}", cairo_status_to_string(status)), ExitCode::internal);
  }
  void color(std::string_view c) const { cairo_set_source_rgba(cairo, part(c, 1), part(c, 3), part(c, 5), part(c, 7)); }
  void dash(const std::vector<double>& lengths) const {
    cairo_set_dash(cairo, lengths.data(), static_cast<int>(lengths.size()), 0);
  }
};

Picture::Picture(double width, double height, std::string_view ground)
    : canvas_(std::make_unique<Canvas>(width, height)) {
  area(0, 0, width, height, ground);
  font(12);
  if (text_width("assay 0123456789") <= 0)
    throw Error("the pictures would have no labels: no font is installed: apt install fonts-dejavu-core");
}

Picture::~Picture() = default;

void Picture::font(double size, bool bold) {
  cairo_select_font_face(canvas_->cairo, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                         bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(canvas_->cairo, size);
}

double Picture::text_width(std::string_view text) const {
  cairo_text_extents_t extents;
  cairo_text_extents(canvas_->cairo, std::string(text).c_str(), &extents);
  canvas_->require();
  return extents.x_advance;
}

void Picture::text(double x, double y, std::string_view text, std::string_view color, Align align) {
  const double width = align == Align::left ? 0 : text_width(text);
  canvas_->color(color);
  cairo_move_to(canvas_->cairo, x - (align == Align::right ? width : width / 2), y);
  cairo_show_text(canvas_->cairo, std::string(text).c_str());
}

void Picture::text_upwards(double x, double y, std::string_view text, std::string_view color) {
  cairo_save(canvas_->cairo);
  cairo_translate(canvas_->cairo, x, y);
  cairo_rotate(canvas_->cairo, -std::acos(0.0));
  this->text(0, 0, text, color, Align::center);
  cairo_restore(canvas_->cairo);
}

void Picture::disc(double x, double y, double radius, std::string_view color) {
  canvas_->color(color);
  cairo_new_path(canvas_->cairo);
  cairo_arc(canvas_->cairo, x, y, radius, 0, 4 * std::acos(0.0));
  cairo_fill(canvas_->cairo);
}

void Picture::area(double x, double y, double width, double height, std::string_view color) {
  canvas_->color(color);
  cairo_rectangle(canvas_->cairo, x, y, width, height);
  cairo_fill(canvas_->cairo);
}

void Picture::line(double x1, double y1, double x2, double y2, std::string_view color, double width,
                   const std::vector<double>& dash) {
  curve({x1, x2}, {y1, y2}, color, width, dash);
}

void Picture::curve(const std::vector<double>& x, const std::vector<double>& y, std::string_view color, double width,
                    const std::vector<double>& dash) {
  cairo_t* cairo = canvas_->cairo;
  canvas_->color(color);
  canvas_->dash(dash);
  cairo_set_line_width(cairo, width);
  cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
  const auto hole = [&](std::size_t i) { return i >= y.size() || std::isnan(y[i]); };
  for (std::size_t i = 0; i < y.size(); i++) {
    if (hole(i)) continue;
    if (i > 0 && !hole(i - 1))
      cairo_line_to(cairo, x[i], y[i]);
    else
      cairo_move_to(cairo, x[i], y[i]);
    if ((i == 0 || hole(i - 1)) && hole(i + 1)) {  // alone: there is no line to be seen by
      cairo_stroke(cairo);
      cairo_arc(cairo, x[i], y[i], 2, 0, 4 * std::acos(0.0));
      cairo_fill(cairo);
    }
  }
  cairo_stroke(cairo);
  canvas_->dash({});
}

void Picture::clip(double x, double y, double width, double height) {
  cairo_save(canvas_->cairo);
  cairo_rectangle(canvas_->cairo, x, y, width, height);
  cairo_clip(canvas_->cairo);
}

void Picture::unclip() { cairo_restore(canvas_->cairo); }

namespace {

/// "terminals / new_order" as a part of a file's name.
std::string file_part(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
    if (plain)
      out += c;
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  return out.empty() ? "chart" : out;
}

}  // namespace

std::string PictureNames::next(std::initializer_list<std::string_view> parts) {
  std::string name;
  for (const std::string_view part : parts)
    if (!part.empty()) name += (name.empty() ? "" : "-") + file_part(part);
  if (const int again = used_[name]++; again > 0) name += "-" + std::to_string(again + 1);
  return name + ".png";
}

std::string Picture::cut(std::string text, double width) const {
  if (text_width(text) <= width) return text;
  while (!text.empty() && text_width(text + "…") > width) {
    while (!text.empty() && (text.back() & 0xc0) == 0x80) text.pop_back();  // the rest of a letter
    if (!text.empty()) text.pop_back();
  }
  return text + "…";
}

std::string Picture::png() const {
  canvas_->require();
  std::string out;
  const cairo_status_t status = cairo_surface_write_to_png_stream(canvas_->surface, append, &out);
  if (status != CAIRO_STATUS_SUCCESS)
    throw Error(fmt::format("the picture cannot be made: {}", cairo_status_to_string(status)), ExitCode::internal);
  return out;
}

}  // namespace assay
