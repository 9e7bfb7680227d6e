using dnlib.DotNet;
using dnlib.DotNet.Emit;
using SharpFuzz.Common;

namespace Slipway.Fuzz;

/// <summary>
/// Which of the branches that instrumentation has put into assemblies are taken. It needs those
/// that call back at each (SHARPFUZZ_ENABLE_ON_BRANCH_CALLBACK), which are slow to fuzz with.
/// </summary>
internal sealed class BranchCount
{
    private readonly Dictionary<string, HashSet<(int Id, string Place)>> _byType = [];
    private readonly HashSet<(int Id, string Place)> _taken = [];

    /// <summary>Reads what there is from assemblies, and listens from now on.</summary>
    public BranchCount(IEnumerable<string> paths)
    {
        foreach (string path in paths)
        {
            using ModuleDefMD module = ModuleDefMD.Load(path);
            foreach (TypeDef type in module.GetTypes())
            {
                foreach (MethodDef method in type.Methods.Where(IsWritten))
                {
                    Read(NameOf(type), method.Body.Instructions);
                }
            }
        }

        Trace.OnBranch = (id, place) => _taken.Add((id, place));
    }

    /// <summary>Types that have branches, by their names without namespaces.</summary>
    public IEnumerable<string> Types => _byType.Keys;

    /// <summary>Begins with none taken.</summary>
    public void Clear() => _taken.Clear();

    /// <summary>Branches of a type that were taken, and all that it has.</summary>
    public (int Taken, int All) Of(string type) =>
        (_byType[type].Count(_taken.Contains), _byType[type].Count);

    // Not what a record has by itself: its equality and text.
    private static bool IsWritten(MethodDef method) => method.HasBody
        && !method.CustomAttributes.Any(attribute =>
            attribute.AttributeType.Name == "CompilerGeneratedAttribute");

    // What the compiler makes of a lambda or an iterator counts for the type that has it.
    private static string NameOf(TypeDef type)
    {
        while (type.DeclaringType is TypeDef outer)
        {
            type = outer;
        }

        return type.Name;
    }

    private void Read(string type, IList<Instruction> code)
    {
        for (int i = 2; i < code.Count; i++)
        {
            if (code[i].OpCode.Code is Code.Callvirt or Code.Call
                && code[i].Operand is IMethod { Name.String: "Invoke" }
                && code[i - 1].Operand is string place && code[i - 2].IsLdcI4())
            {
                if (!_byType.TryGetValue(type, out HashSet<(int Id, string Place)>? branches))
                {
                    _byType[type] = branches = [];
                }

                branches.Add((code[i - 2].GetLdcI4Value(), place));
            }
        }
    }
}
