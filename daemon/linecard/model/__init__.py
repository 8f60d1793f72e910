"""The words of linecard: values that cross from one room to the next. All are frozen; none does I/O."""
