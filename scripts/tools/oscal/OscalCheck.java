// Checks OSCAL documents by the constraints of its Metaschema, as oscal-cli does. One line a finding; ends with 1 on any
// that is more than information.
import gov.nist.secauto.metaschema.core.configuration.DefaultConfiguration;
import gov.nist.secauto.metaschema.core.model.constraint.IConstraint.Level;
import gov.nist.secauto.metaschema.core.model.constraint.ValidationFeature;
import gov.nist.secauto.metaschema.core.model.validation.IValidationFinding;
import gov.nist.secauto.oscal.lib.OscalBindingContext;
import java.nio.file.Path;

class OscalCheck {
  public static void main(String[] files) throws Exception {
    var context = OscalBindingContext.newInstance();
    var configuration = new DefaultConfiguration<ValidationFeature<?>>();
    boolean bad = false;
    for (String file : files) {
      var result = context.validateWithConstraints(Path.of(file).toUri(), configuration);
      for (IValidationFinding finding : result.getFindings()) {
        System.out.println(
            finding.getSeverity() + " " + finding.getIdentifier() + " " + finding.getPath() + ": " + finding.getMessage());
        bad |= finding.getSeverity().ordinal() >= Level.WARNING.ordinal();
      }
    }
    System.exit(bad ? 1 : 0);
  }
}
