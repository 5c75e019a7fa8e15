"""`python -m demo.illustrations` brings the generated pictures up to date; with `marks` it rewrites the SVG marks."""

import sys

from demo.illustrations import marks, writing

if __name__ == "__main__":
    drawn = marks.write_marks() if sys.argv[1:] == ["marks"] else writing.write_all()
    sys.stdout.write(f"{len(drawn)} illustrations below {drawn[0].parents[1]}\n")
