"""python -m redbook"""

from redbook.cli import main

if __name__ == "__main__":
    main()
