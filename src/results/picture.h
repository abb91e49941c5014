// A picture that is drawn with lines, areas and text and ends as PNG: cairo behind a few calls.
//
// Coordinates are pixels from the top left corner, of a picture that is drawn twice as fine. Colours are "#rrggbb" or
// "#rrggbbaa". Text is UTF-8 in a sans-serif font of the system; y is its base line. Not thread-safe. Throws Error where no
// font is installed.
#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// The colours of the page's style sheet by their names, of its light or its dark half.
class Palette {
 public:
  explicit Palette(bool dark);
  std::string_view operator[](std::string_view name) const { return colors_.at(name); }

 private:
  std::map<std::string_view, std::string_view> colors_;
};

/// Names for the files of one folder.
class PictureNames {
 public:
  /// "pairs-terminals-new_order.png" of {"pairs", "terminals / new_order", ""}; none is given twice.
  std::string next(std::initializer_list<std::string_view> parts);

 private:
  std::map<std::string, int> used_;
};

class Picture {
 public:
  Picture(double width, double height, std::string_view ground);
  ~Picture();
  Picture(const Picture&) = delete;
  Picture& operator=(const Picture&) = delete;

  enum class Align { left, center, right };
  void text(double x, double y, std::string_view text, std::string_view color, Align = Align::left);
  /// Upwards, centred at (x, y).
  void text_upwards(double x, double y, std::string_view text, std::string_view color);
  double text_width(std::string_view text) const;
  void font(double size, bool bold = false);

  void disc(double x, double y, double radius, std::string_view color);
  void area(double x, double y, double width, double height, std::string_view color);
  void line(double x1, double y1, double x2, double y2, std::string_view color, double width = 1,
            const std::vector<double>& dash = {});
  /// A line through points; NaN in y is a hole, and a point between two holes is a dot.
  void curve(const std::vector<double>& x, const std::vector<double>& y, std::string_view color, double width,
             const std::vector<double>& dash);

  /// What is drawn until unclip() is cut at this rectangle.
  void clip(double x, double y, double width, double height);
  void unclip();

  /// A part of the text that is so wide; what does not fit is cut with "…".
  std::string cut(std::string text, double width) const;

  std::string png() const;

 private:
  struct Canvas;
  std::unique_ptr<Canvas> canvas_;
};

}  // namespace assay
