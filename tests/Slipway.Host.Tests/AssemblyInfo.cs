// Descriptor numbers, and their limit, belong to the whole process: one test at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
