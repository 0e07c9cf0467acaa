"""python -m redbook"""

from redbook.cli.app import main

if __name__ == "__main__":
    main()
